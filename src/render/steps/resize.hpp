// Scales to exact sizes. Colours are weighted by alpha, if there is alpha.
#pragma once

#include <functional>

#include "render/steps/image.hpp"
#include "render/steps/resample.hpp"

namespace private_image {

Image resize(const Image& image, Size size);

// The same for an area. Its edges may lie between pixels; for images with a side beyond 65535
// pixels, or more than 4 bands, they are rounded to pixels.
Image resize(const Image& image, const Area& area, Size size);

// Applies `operation` to premultiplied pixels, so that transparent ones do not bleed; directly to
// images without alpha, which cost nothing extra.
Image withPremultipliedAlpha(const Image& image,
                             const std::function<Image(const Image&)>& operation);

}  // namespace private_image
