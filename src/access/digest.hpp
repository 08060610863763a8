// SHA-256 of bytes, for entity tags and keys of memory. Knows no keys. Any thread may ask.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view text);

// Of the parts one after the other, which are not copied for it; where one ends is not told apart.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// Lower-case hex, 64 characters.
std::string sha256Hex(std::span<const unsigned char> bytes);
std::string sha256Hex(std::string_view text);

}  // namespace private_image
