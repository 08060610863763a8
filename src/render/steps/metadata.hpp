// Which of the source's words about an image travel with the result. Never its colour profile:
// results are sRGB; never its thumbnail, which shows what was cut away.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image` with what `wish` keeps of `original`, and no other field. Encoders are not trusted to
// strip: libvips' own "strip" leaves EXIF and XMP in WebP.
Image withMetadata(const Image& image, const Image& original, Metadata wish);

}  // namespace private_image
