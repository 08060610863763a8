// The marker segments of a JPEG file: ITU-T T.81, annex B.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace private_image {

struct JpegSegment {
    std::uint8_t marker = 0;
    std::string_view content;  // without its length; cut at the end of the file
    bool isWhole = true;
};

// Frame headers: SOF0 to SOF15 except DHT, JPG and DAC.
constexpr bool isFrameHeader(std::uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

inline constexpr std::uint8_t startOfScan = 0xDA;

// Iterates over segments that have a length, and skips the coded data between them.
class JpegSegments {
public:
    explicit JpegSegments(std::string_view file) : rest_(file) {}

    // Empty at the end of the file. Continues after the picture's end marker, since further
    // pictures may follow.
    std::optional<JpegSegment> next();

    // True after the picture's end marker (EOI).
    bool hasEnd() const { return hasEnd_; }

private:
    std::string_view rest_;
    bool hasEnd_ = false;
};

}  // namespace private_image
