// What the origin says of an image. Knows which values mean private, not who sent them.
#pragma once

#include <cstdint>
#include <string_view>

namespace private_image {

enum class Mark : std::uint8_t { unknown, publicImage, privateImage };

// A flag header's value: trimmed and case-insensitive "false", "0", "no", "off" or empty is
// not private; anything else is.
bool flagMeansPrivate(std::string_view value);

// Both were said of one image: any private wins, then any public.
Mark combine(Mark a, Mark b);

// "private", "public" or "".
std::string_view markWord(Mark mark);

}  // namespace private_image
