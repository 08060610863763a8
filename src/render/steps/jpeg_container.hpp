// Rewrites segments before an encoded JPEG's pixels: libvips writes EXIF texts as libexif displays
// them, adds numbers of its own, and puts EXIF in the place of JFIF.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "render/renderer.hpp"

namespace private_image {

// `jpeg` with this TIFF structure as its only EXIF, or without EXIF if `exif` is empty, and with a
// JFIF segment for the density, if there is one. `exif` has at most maxExifLength bytes. Empty if
// out of memory.
std::optional<EncodedBytes> withSegments(EncodedBytes jpeg, std::string_view exif,
                                         std::optional<std::uint16_t> dotsPerInch);

}  // namespace private_image
