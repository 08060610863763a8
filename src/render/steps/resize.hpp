// Scales to exact sizes. Colour is weighted by alpha, where there is alpha.
#pragma once

#include <functional>

#include "render/steps/image.hpp"

namespace private_image {

Image resize(const Image& image, Size size);

// `operation` on premultiplied pixels, so that transparent ones do not bleed; directly on images
// without alpha, which pay nothing.
Image withPremultipliedAlpha(const Image& image,
                             const std::function<Image(const Image&)>& operation);

}  // namespace private_image
