// Limits for what multiplies a decoder's work beyond the pixels in the header: scans of a JPEG,
// frames of a WebP, deflated texts of a PNG. Decodes and allocates nothing.
#pragma once

#include <span>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// Decoders cannot be stopped while they process these; real files have far fewer.
inline constexpr int maxScans = 100;     // encoders write about ten
inline constexpr int maxMoves = 10'000;  // frames of a WebP, which libwebp counts by n * n / 2
inline constexpr int maxDeflated = 20;   // chunks of a PNG, up to 8 MB each when inflated

// Returns why the file is refused, as an object of "has", or an empty text.
std::string_view excessOf(SourceType type, std::span<const unsigned char> bytes);

}  // namespace private_image
