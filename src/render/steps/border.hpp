// A border of one colour around an image.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Adds `pixels` on each side. A colour that is not opaque adds alpha.
Image withBorder(const Image& image, std::uint32_t pixels, Colour colour);

}  // namespace private_image
