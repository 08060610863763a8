// ISO/IEC 23008-12: the decoder configuration of every item is a property in the "meta" box, and no
// item can be decoded without one. So its four letters there show which decoder would be used.
#include "render/steps/heif_container.hpp"

#include <string_view>

namespace private_image {

namespace {

std::uint64_t bigEndian(std::string_view text) {
    std::uint64_t value = 0;
    for (char byte : text) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

// ISO/IEC 14496-12, 4.2: after a size of 1, a longer size follows; 0 means the rest of the file.
std::uint64_t boxSize(std::string_view rest) {
    const std::uint64_t size = bigEndian(rest.substr(0, 4));
    if (size == 0) {
        return rest.size();
    }
    return size == 1 && rest.size() >= 16 ? bigEndian(rest.substr(8, 8)) : size;
}

}  // namespace

bool holdsCodec(std::span<const unsigned char> bytes, HeifCodec codec) {
    const std::string_view configuration = codec == HeifCodec::av1 ? "av1C" : "hvcC";
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (rest.size() >= 8) {
        const std::uint64_t size = boxSize(rest);
        if (rest.substr(4, 4) == "meta" &&
            rest.substr(0, size).find(configuration) != std::string_view::npos) {
            return true;
        }
        if (size < 8 || size >= rest.size()) {
            break;
        }
        rest.remove_prefix(size);
    }
    return false;
}

}  // namespace private_image
