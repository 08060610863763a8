// The key of an original in shared memory and on disk: a digest of identity and origin URI.
#pragma once

#include <array>
#include <string_view>

namespace private_image {

// The first 16 bytes of SHA-256: a cryptographic digest, so that two names cannot be made to share
// a mark.
using ImageKey = std::array<unsigned char, 16>;

// `identity`: the value of private_image_identity. `uri`: the decoded URI in the origin's location.
ImageKey imageKey(std::string_view identity, std::string_view uri);

}  // namespace private_image
