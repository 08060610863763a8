// The marker segments of a JPEG file: ITU-T T.81, annex B. Decodes nothing, allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace private_image {

struct JpegSegment {
    std::uint8_t marker = 0;
    std::string_view content;  // without its length; as far as the file goes
    bool isWhole = true;
};

// Frame headers: SOF0 to SOF15 but for DHT, JPG and DAC.
constexpr bool isFrameHeader(std::uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

inline constexpr std::uint8_t startOfScan = 0xDA;

// Walks the segments that have a length, over the coded data between them.
class JpegSegments {
public:
    explicit JpegSegments(std::string_view file) : rest_(file) {}

    // Empty at the file's end. Goes on beyond the picture's end marker: further pictures may
    // follow.
    std::optional<JpegSegment> next();

    // True once the picture's end marker (EOI) was passed.
    bool hasEnd() const { return hasEnd_; }

private:
    std::string_view rest_;
    bool hasEnd_ = false;
};

}  // namespace private_image
