// What tells originals apart in memory: a digest of identity and origin URI.
#pragma once

#include <array>
#include <string_view>

namespace private_image {

// The first 16 bytes of SHA-256, so that nobody can make two names share a mark.
using ImageKey = std::array<unsigned char, 16>;

// `identity` is the value of private_image_identity, `uri` the decoded URI at the origin's
// location.
ImageKey imageKey(std::string_view identity, std::string_view uri);

}  // namespace private_image
