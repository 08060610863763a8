// The HMAC of one text. A KeyRing is for keys that every request needs.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

// 20 bytes. Throws std::bad_alloc.
std::string hmacSha1(std::string_view key, std::string_view text);

// 32 bytes. Throws std::bad_alloc.
std::string hmacSha256(std::string_view key, std::string_view text);

}  // namespace private_image
