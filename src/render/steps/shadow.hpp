// A soft shadow below opaque pixels.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Drawn in the transparent parts of the image, whose size is kept: an image without alpha is
// returned unchanged. `blur` is the Gaussian's sigma in pixels.
Image withShadow(const Image& image, const Shadow& shadow, const Watch& watch);

}  // namespace private_image
