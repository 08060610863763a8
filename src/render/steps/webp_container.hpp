// Takes everything but pixels and animation out of an encoded WebP file.
#pragma once

#include <cstddef>
#include <span>

namespace private_image {

// Rewrites the file in place and returns its new length. What is not a WebP file stays as it is.
// The colour profile stays where it is wanted.
std::size_t stripWebp(std::span<unsigned char> file, bool keepsProfile);

}  // namespace private_image
