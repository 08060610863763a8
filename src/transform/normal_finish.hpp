// The normal form of what a step does once its size is settled: rotation, effects, border and what
// follows, padding, what it says of the result. Sizes, layers and choices are normalise's.
#pragma once

#include "transform/transform.hpp"

namespace private_image {

// Of a step whose size is normal.
void normaliseFinish(Step& step);

}  // namespace private_image
