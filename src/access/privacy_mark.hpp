// The mark of an image: private or public, as its origin or the configuration declares it.
#pragma once

#include <cstdint>
#include <string_view>

namespace private_image {

enum class Mark : std::uint8_t { unknown, publicImage, privateImage };

// The meaning of a flag header's value: "false", "0", "no", "off" and an empty value are not
// private, every other value is. Case, and blanks at both ends, are ignored.
bool flagMeansPrivate(std::string_view value);

// The mark of an image that has two: private wins over public, public over unknown.
Mark combine(Mark a, Mark b);

// "private", "public", or "" for unknown.
std::string_view markWord(Mark mark);

}  // namespace private_image
