// A soft shadow under what is not transparent.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Falls within the transparent parts of the image, whose size stays: an image without alpha has
// nowhere to show it and comes back as it is. `blur` is the Gaussian's sigma in pixels.
Image withShadow(const Image& image, const Shadow& shadow, const Watch& watch);

}  // namespace private_image
