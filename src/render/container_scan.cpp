// Scans end at the end of an incomplete file; the decoder decides whether that is damage.
#include "render/container_scan.hpp"

#include <cstdint>

#include "render/jpeg_segments.hpp"

namespace private_image {

namespace {

using namespace std::string_view_literals;

std::uint64_t bigEndian(std::string_view text) {
    std::uint64_t value = 0;
    for (char byte : text) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

std::uint64_t littleEndian(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t i = text.size(); i > 0; --i) {
        value = value << 8 | static_cast<unsigned char>(text[i - 1]);
    }
    return value;
}

std::string_view without(std::string_view text, std::uint64_t length) {
    return length < text.size() ? text.substr(length) : std::string_view();
}

bool hasManyScans(std::string_view text) {
    int scans = 0;
    JpegSegments segments(text);
    while (const auto segment = segments.next()) {
        scans += segment->marker == startOfScan;
        if (scans > maxScans) {
            return true;
        }
    }
    return false;
}

// RIFF: a name, a length, and content padded to an even length.
bool movesTooOften(std::string_view text) {
    int frames = 0;
    for (text = without(text, 12); text.size() >= 8 && frames <= maxMoves;) {
        frames += text.starts_with("ANMF");
        const std::uint64_t length = littleEndian(text.substr(4, 4));
        text = without(text, 8 + length + length % 2);
    }
    return frames > maxMoves;
}

// PNG, 5.3: a length, a name, content and its checksum.
bool holdsManyDeflated(std::string_view text) {
    int chunks = 0;
    for (text = without(text, 8); text.size() >= 12 && chunks <= maxDeflated;) {
        const std::string_view name = text.substr(4, 4);
        chunks += name == "zTXt"sv || name == "iTXt"sv || name == "iCCP"sv;
        text = without(text, 12 + bigEndian(text.substr(0, 4)));
    }
    return chunks > maxDeflated;
}

}  // namespace

std::string_view excessOf(SourceType type, std::span<const unsigned char> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    switch (type) {
        case SourceType::jpeg:
            return hasManyScans(text) ? "more than 100 scans"sv : ""sv;
        case SourceType::webp:
            return movesTooOften(text) ? "more than 10000 frames"sv : ""sv;
        case SourceType::png:
            return holdsManyDeflated(text) ? "more than 20 deflated texts"sv : ""sv;
        case SourceType::gif:
        case SourceType::avif:
        case SourceType::heic:
        case SourceType::tiff:
        case SourceType::svg:
        case SourceType::jxl:
            return {};
    }
    return {};
}

}  // namespace private_image
