// Reading ends at the end of an incomplete file; the decoder decides whether that is damage.
#include "render/jpeg_segments.hpp"

#include <algorithm>

namespace private_image {

namespace {

constexpr std::uint8_t endOfImage = 0xD9;

// ITU-T T.81, B.1.1: a marker is 0xFF and neither 0, which escapes coded data, nor another 0xFF. A
// length follows, except after restarts, SOI, EOI and TEM.
bool hasLength(std::uint8_t marker) {
    return marker > 0x01 && (marker < 0xD0 || marker > 0xD9);
}

}  // namespace

std::optional<JpegSegment> JpegSegments::next() {
    for (;;) {
        rest_.remove_prefix(std::min(rest_.find('\xFF'), rest_.size()));
        if (rest_.size() < 2) {
            return std::nullopt;
        }
        const auto marker = static_cast<std::uint8_t>(rest_[1]);
        if (marker != 0xFF && hasLength(marker)) {
            break;
        }
        hasEnd_ = hasEnd_ || marker == endOfImage;
        rest_.remove_prefix(marker == 0xFF ? 1 : 2);
    }
    JpegSegment segment;
    segment.marker = static_cast<std::uint8_t>(rest_[1]);
    rest_.remove_prefix(2);
    constexpr std::size_t lengthSize = 2;
    std::size_t length = 0;
    for (const char byte : rest_.substr(0, lengthSize)) {
        length = length << 8 | static_cast<std::uint8_t>(byte);
    }
    segment.isWhole = rest_.size() >= lengthSize && length >= lengthSize && length <= rest_.size();
    const std::string_view all = rest_.substr(0, std::min(length, rest_.size()));
    segment.content = all.substr(std::min(lengthSize, all.size()));
    rest_.remove_prefix(all.size());
    return segment;
}

}  // namespace private_image
