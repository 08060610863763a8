// The segments in front of an encoded JPEG's pixels that libvips does not write as we want them:
// its EXIF has texts as libexif shows them, numbers that were not asked for, and takes JFIF's
// place.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "render/renderer.hpp"

namespace private_image {

// `jpeg` with this TIFF structure as its only EXIF, or with none where `exif` is empty, and with a
// JFIF segment that tells the density, if there is one. `exif` has at most maxExifLength bytes.
// Empty where memory is lacking.
std::optional<EncodedBytes> withSegments(EncodedBytes jpeg, std::string_view exif,
                                         std::optional<std::uint16_t> dotsPerInch);

}  // namespace private_image
