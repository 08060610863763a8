// SHA-256, for entity tags and for keys of caches and shared memory. Callable from any thread.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace private_image {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view text);

// The digest of the concatenated parts, without copying them. Boundaries between parts do not
// count.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// Lower-case hex, 64 characters.
std::string sha256Hex(std::span<const unsigned char> bytes);
std::string sha256Hex(std::string_view text);

}  // namespace private_image
