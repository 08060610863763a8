// Scales to exact sizes. Colour is weighted by alpha, where there is alpha.
#pragma once

#include <functional>

#include "render/steps/image.hpp"
#include "render/steps/resample.hpp"

namespace private_image {

Image resize(const Image& image, Size size);

// The same of an area. Its edges may lie between pixels; of images with a side beyond 65535 pixels,
// or more than 4 bands, the closest pixels count.
Image resize(const Image& image, const Area& area, Size size);

// `operation` on premultiplied pixels, so that transparent ones do not bleed; directly on images
// without alpha, which pay nothing.
Image withPremultipliedAlpha(const Image& image,
                             const std::function<Image(const Image&)>& operation);

}  // namespace private_image
