// Removes everything but pixels and animation from an encoded WebP file.
#pragma once

#include <cstddef>
#include <span>

namespace private_image {

// Rewrites the file in place and returns its new length. Other files are unchanged. Optionally
// keeps the colour profile.
std::size_t stripWebp(std::span<unsigned char> file, bool keepsProfile);

// Sets the flag for transparency of an animation. libwebp's encoder sets it only if a frame has an
// alpha channel: not if opaque frames leave parts of the canvas free, which decoders then show as
// black. Still images are unchanged.
void flagTransparency(std::span<unsigned char> file);

}  // namespace private_image
