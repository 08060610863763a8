#include "image_state/image_key.hpp"

#include <algorithm>
#include <cstdint>

#include "access/digest.hpp"

namespace private_image {

ImageKey imageKey(std::string_view identity, std::string_view uri) {
    // The length keeps pairs distinct whose concatenations are equal.
    const std::uint64_t length = identity.size();
    const std::string_view lengthBytes(reinterpret_cast<const char*>(&length), sizeof(length));
    const Sha256 digest = sha256({lengthBytes, identity, uri});
    ImageKey key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

}  // namespace private_image
