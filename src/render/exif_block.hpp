// EXIF of a source, made true of a result. Values keep their bytes: libexif, which libvips writes
// EXIF with, converts texts, cuts them at a NUL and appends remarks to them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "render/plan.hpp"

namespace private_image {

// A JPEG segment of 65533 bytes holds this much EXIF behind its "Exif\0\0".
inline constexpr std::size_t maxExifLength = 65527;

// What is true of a result, whatever its source said.
struct ExifTruth {
    Size size;
    std::optional<double> dotsPerInch;  // empty: the source's density stays
    bool isSrgb = true;  // false: the colours are still those of the source's profile
};

// Both take EXIF as decoders hand it out, with or without "Exif\0\0", and return a TIFF structure
// of at most `maxExifLength` bytes; empty where nothing is left to keep. They are linear in the
// block's length.

// The fields Copyright and Artist alone, each with its type, length and bytes. Fields that hold
// only blanks and NUL bytes are dropped.
std::string exifCopyright(std::string_view exif);

// All fields at their place in the block, so that what a maker note points at stays where it is.
// What nothing refers to becomes zero bytes: so does the thumbnail, which shows what was cut away.
// Orientation, size, density and colour space are corrected; fields about other pixels than the
// result's are dropped. Of a block that is too long: exifCopyright().
std::string exifOfResult(std::string_view exif, const ExifTruth& truth);

}  // namespace private_image
