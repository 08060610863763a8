// Ids of images as Cloudflare's API has them: a UUID of our own, or the uploader's custom id.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace private_image::upload {

inline constexpr std::size_t maxIdCharacters = 1024;

// A random UUID, version 4 (RFC 9562, 5.4), in lower case. Throws std::runtime_error where there is
// no randomness.
std::string makeUuid();

// True for any UUID, in either case.
bool isUuid(std::string_view text);

// Why the text cannot be a custom id: a clause, such as "must not be a UUID". Empty: it can.
std::string_view customIdError(std::string_view id);

}  // namespace private_image::upload
