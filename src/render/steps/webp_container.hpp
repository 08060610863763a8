// Takes everything but pixels and animation out of an encoded WebP file.
#pragma once

#include <cstddef>
#include <span>

namespace private_image {

// Rewrites the file in place and returns its new length. What is not a WebP file stays as it is.
// The colour profile stays where it is wanted.
std::size_t stripWebp(std::span<unsigned char> file, bool keepsProfile);

// Says of an animation that it has transparent parts. libwebp's encoder says so only where a frame
// has an alpha channel: not where opaque frames leave some of the canvas free, which decoders then
// show as black. What is no animation stays as it is.
void flagTransparency(std::span<unsigned char> file);

}  // namespace private_image
