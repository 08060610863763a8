// SHA-256 of bytes, for entity tags and keys of memory. Knows no keys.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace private_image {

// Lower-case hex, 64 characters.
std::string sha256Hex(std::span<const unsigned char> bytes);
std::string sha256Hex(std::string_view text);

}  // namespace private_image
