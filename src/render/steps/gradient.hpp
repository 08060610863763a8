// A linear gradient laid over an image. Evaluates no formulas.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Covers the whole canvas, transparent parts too, so that it can also fill an empty block. Runs
// along a line through the centre, as long as the image is in that direction. `stop` (above 0) is
// where its second colour is reached: a fraction of that line up to 1, else pixels.
Image layGradient(const Image& image, const Gradient& gradient, double stop);

}  // namespace private_image
