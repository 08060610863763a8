// A linear gradient over an image.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Covers the whole canvas, including transparent parts, so that it can also fill an empty block.
// Runs along a line through the centre, as long as the image is in that direction. `stop` (above 0)
// is the position of the second colour: a fraction of that line up to 1, else pixels.
Image layGradient(const Image& image, const Gradient& gradient, double stop);

}  // namespace private_image
