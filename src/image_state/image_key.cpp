// The digest that an original goes by. Where identity and URI come from is left to the callers.
#include "image_state/image_key.hpp"

#include <algorithm>
#include <cstdint>

#include "access/digest.hpp"

namespace private_image {

ImageKey imageKey(std::string_view identity, std::string_view uri) {
    // The length keeps apart what would read the same once joined.
    const std::uint64_t length = identity.size();
    const std::string_view lengthBytes(reinterpret_cast<const char*>(&length), sizeof(length));
    const Sha256 digest = sha256({lengthBytes, identity, uri});
    ImageKey key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

}  // namespace private_image
