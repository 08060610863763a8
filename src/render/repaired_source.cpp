// libjpeg needs more bytes than a picture's last block has, and an end marker if further scans may
// follow. libvips has no setting that distinguishes a missing marker from missing rows.
#include "render/repaired_source.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "render/jpeg_segments.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t coefficients = 64;
constexpr std::size_t maxComponents = 4;

// libjpeg reads up to 8 bytes ahead. A Huffman code never consists of 1 bits only, so a missing
// block fails to decode instead of being invented.
constexpr auto readAhead = "\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0\xFF\0"sv;
constexpr auto endMarker = "\xFF\xD9"sv;

// Which coefficients of which components have arrived with all their bits (T.81, G.1.1).
class JpegProgress {
public:
    // False if the frame header is not supported.
    bool begin(const JpegSegment& frame);

    // False if it is not a scan of the frame.
    bool add(const JpegSegment& scan);

    bool isComplete() const;

    // True if one scan holds the whole picture; then no decoder expects a further one.
    bool isOneScan() const { return !isProgressive_ && isFirstWhole_; }

private:
    struct Component {
        std::uint8_t identifier = 0;
        std::array<bool, coefficients> isExact{};
    };

    std::array<Component, maxComponents> components_;
    std::size_t count_ = 0, scans_ = 0;
    bool isProgressive_ = false, isFirstWhole_ = false;
};

std::uint8_t byteAt(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

// T.81, B.2.2: precision, height, width, then the components of three bytes each. Arithmetic coding
// is not supported: its data may end early, and the decoder continues without a warning.
bool JpegProgress::begin(const JpegSegment& frame) {
    constexpr std::size_t header = 6, each = 3;
    const std::string_view text = frame.content;
    if (count_ != 0 || frame.marker > 0xC2 || text.size() < header) {
        return false;
    }
    count_ = byteAt(text, header - 1);
    if (count_ == 0 || count_ > maxComponents || text.size() != header + each * count_) {
        return false;
    }
    for (std::size_t i = 0; i < count_; ++i) {
        components_[i].identifier = byteAt(text, header + each * i);
    }
    isProgressive_ = frame.marker == 0xC2;
    return true;
}

// T.81, B.2.3: the components of two bytes each, the first and last coefficient, and the lowest
// bit.
bool JpegProgress::add(const JpegSegment& scan) {
    const std::string_view text = scan.content;
    const std::size_t count = text.empty() ? 0 : byteAt(text, 0);
    if (count == 0 || count > count_ || text.size() != 4 + 2 * count) {
        return false;
    }
    const std::size_t first = isProgressive_ ? byteAt(text, text.size() - 3) : 0;
    const std::size_t last = isProgressive_ ? byteAt(text, text.size() - 2) : coefficients - 1;
    const bool isExact = !isProgressive_ || byteAt(text, text.size() - 1) % 16 == 0;
    if (last >= coefficients) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        auto* const found = std::find_if(
            components_.begin(), components_.begin() + count_,
            [&](const Component& each) { return each.identifier == byteAt(text, 1 + 2 * i); });
        if (found == components_.begin() + count_) {
            return false;
        }
        for (std::size_t k = first; k <= last; ++k) {
            found->isExact[k] = isExact;
        }
    }
    isFirstWhole_ = isFirstWhole_ || (scans_ == 0 && count == count_);
    ++scans_;
    return true;
}

bool JpegProgress::isComplete() const {
    return count_ > 0 && std::all_of(components_.begin(), components_.begin() + count_,
                                     [](const Component& each) {
                                         return std::find(each.isExact.begin(), each.isExact.end(),
                                                          false) == each.isExact.end();
                                     });
}

// The bytes to append to a file in which every scan has begun. Empty if the end marker is present,
// or if a scan is missing.
std::string_view missingEnd(std::string_view file) {
    if (file.ends_with(endMarker)) {
        return {};
    }
    JpegSegments segments(file);
    JpegProgress progress;
    while (const auto segment = segments.next()) {
        const bool isFrame = isFrameHeader(segment->marker);
        if (segments.hasEnd() || !segment->isWhole || (isFrame && !progress.begin(*segment)) ||
            (segment->marker == startOfScan && !progress.add(*segment))) {
            return {};
        }
    }
    if (segments.hasEnd() || !progress.isComplete()) {
        return {};
    }
    return progress.isOneScan() ? readAhead : endMarker;
}

std::string_view textOf(std::span<const unsigned char> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t bigEndian(std::string_view text) {
    std::uint32_t value = 0;
    for (const char byte : text.substr(0, 4)) {
        value = value << 8 | static_cast<std::uint8_t>(byte);
    }
    return value;
}

// PNG, 11.2.3: a suggested palette before the pixels of a truecolour picture.
std::string_view suggestedPalette(std::string_view file) {
    constexpr std::size_t signature = 8, around = 12, colourType = signature + 8 + 9;
    if (file.size() <= colourType || (file[colourType] != 2 && file[colourType] != 6)) {
        return {};
    }
    for (std::size_t at = signature; file.size() - at >= around;) {
        const std::string_view name = file.substr(at + 4, 4);
        const std::size_t size = around + std::size_t(bigEndian(file.substr(at)));
        if (size > file.size() - at || name == "IDAT") {
            return {};
        }
        if (name == "PLTE") {
            return file.substr(at, size);
        }
        at += size;
    }
    return {};
}

}  // namespace

std::vector<unsigned char> repairedJpeg(SourceType type, std::span<const unsigned char> bytes) {
    const std::string_view missing =
        type == SourceType::jpeg ? missingEnd(textOf(bytes)) : std::string_view();
    if (missing.empty()) {
        return {};
    }
    std::vector<unsigned char> repaired;
    repaired.reserve(bytes.size() + missing.size());
    repaired.assign(bytes.begin(), bytes.end());
    repaired.insert(repaired.end(), missing.begin(), missing.end());
    return repaired;
}

std::vector<unsigned char> repairedPng(SourceType type, std::span<const unsigned char> bytes) {
    const std::string_view file = textOf(bytes);
    const std::string_view palette =
        type == SourceType::png ? suggestedPalette(file) : std::string_view();
    if (palette.empty()) {
        return {};
    }
    const auto before = static_cast<std::size_t>(palette.data() - file.data());
    std::vector<unsigned char> repaired;
    repaired.reserve(bytes.size() - palette.size());
    const auto rest = bytes.subspan(before + palette.size());
    repaired.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(before));
    repaired.insert(repaired.end(), rest.begin(), rest.end());
    return repaired;
}

}  // namespace private_image
