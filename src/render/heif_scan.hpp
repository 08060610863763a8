// What decoding a HEIF container would cost, whatever its header says: pictures that are coded
// larger, grids of grids, streams of many frames. Decodes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace private_image {

struct HeifVerdict {
    std::string_view mistake;  // why the container is refused; empty where it is not
    bool contradicts = false;  // itself: what it holds is of another size than it declares
    std::uint64_t pixels = 0;  // of the page that takes most; as far as they were counted
};

HeifVerdict scanHeif(std::span<const unsigned char> bytes);

}  // namespace private_image
