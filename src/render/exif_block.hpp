// EXIF of a source, corrected for a result. Values keep their bytes: libexif, which libvips uses to
// write EXIF, converts texts, cuts them at a NUL and appends remarks to them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "render/plan.hpp"

namespace private_image {

// The EXIF that fits into a JPEG segment of 65533 bytes after "Exif\0\0".
inline constexpr std::size_t maxExifLength = 65527;

// Facts about a result that replace those of its source.
struct ExifFacts {
    Size size;
    std::optional<double> dotsPerInch;  // empty: the source's density is kept
    bool isSrgb = true;                 // false: the colours are in the source's profile
};

// Both functions take EXIF as decoders return it, with or without "Exif\0\0", and return a TIFF
// structure of at most `maxExifLength` bytes; empty if nothing is left to keep. Linear in the
// block's length.

// Only the fields Copyright and Artist, each with its type, length and bytes. Fields that hold only
// blanks and NUL bytes are dropped.
std::string exifCopyright(std::string_view exif);

// All fields, at their offset in the block, so that a maker note's pointers stay valid. Bytes
// without a reference become zero, including the thumbnail, which shows areas that were cut away.
// Orientation, size, density and colour space are corrected; fields about the source's pixels are
// dropped. For a block that is too long: exifCopyright().
std::string exifOfResult(std::string_view exif, const ExifFacts& facts);

}  // namespace private_image
