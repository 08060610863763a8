// The normal form of the members of a step that follow its size: rotation, effects, border,
// rounding, distortion, shadow, background, and its changes to the result.
#pragma once

#include "transform/transform.hpp"

namespace private_image {

// Call it after the step's size is normalised.
void normaliseFinish(Step& step);

}  // namespace private_image
