// Puts a colour under transparency.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Opaque colours end the transparency; others leave the image as transparent as both together are.
Image layOn(const Image& image, Colour colour);

}  // namespace private_image
