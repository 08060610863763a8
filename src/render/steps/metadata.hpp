// Which of the source's words about an image travel with the result. Never its thumbnail, which
// shows what was cut away; its colour profile only where the pixels were left in it.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image` with what `wish` keeps of `original`, and no other field. Encoders are not trusted to
// strip: libvips' own "strip" leaves EXIF and XMP in WebP.
Image withMetadata(const Image& image, const Image& original, Metadata wish);

// `image` with the colour profile of `original`.
Image withProfile(const Image& image, const Image& original);

// `image` with a density tag.
Image withDensity(const Image& image, double dotsPerInch);

}  // namespace private_image
