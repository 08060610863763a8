// libvips 8.14 ignores "strip" for WebP, and adds EXIF of its own if an image has none.
#include "render/steps/webp_container.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace private_image {

namespace {

constexpr std::size_t riffHeader = 12;
constexpr std::size_t chunkHeader = 8;
// WebP container specification, "Extended File Format": ICC profile, EXIF, XMP.
constexpr unsigned char profileFlag = 0x20;
constexpr unsigned char textFlags = 0x08 | 0x04;
constexpr unsigned char alphaFlag = 0x10, animationFlag = 0x02;

std::string_view nameAt(std::span<const unsigned char> file, std::size_t at) {
    return {reinterpret_cast<const char*>(file.data()) + at, 4};
}

std::uint32_t littleEndianAt(std::span<const unsigned char> file, std::size_t at) {
    return file[at] | file[at + 1] << 8 | file[at + 2] << 16 |
           static_cast<std::uint32_t>(file[at + 3]) << 24;
}

void writeLittleEndian(std::span<unsigned char> file, std::size_t at, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        file[at + i] = static_cast<unsigned char>(value >> (8 * i));
    }
}

bool isMetadata(std::string_view name, bool keepsProfile) {
    return name == "EXIF" || name == "XMP " || (name == "ICCP" && !keepsProfile);
}

}  // namespace

std::size_t stripWebp(std::span<unsigned char> file, bool keepsProfile) {
    if (file.size() < riffHeader || nameAt(file, 0) != "RIFF" || nameAt(file, 8) != "WEBP") {
        return file.size();
    }
    std::size_t to = riffHeader;
    for (std::size_t from = riffHeader; from + chunkHeader <= file.size();) {
        // Chunks are padded to an even length.
        const std::uint64_t content = std::uint64_t(littleEndianAt(file, from + 4)) + 1;
        const std::uint64_t length = chunkHeader + (content & ~std::uint64_t(1));
        if (length > file.size() - from) {
            return file.size();
        }
        if (!isMetadata(nameAt(file, from), keepsProfile)) {
            std::memmove(file.data() + to, file.data() + from, length);
            if (nameAt(file, to) == "VP8X") {
                const unsigned char flags =
                    keepsProfile ? textFlags : static_cast<unsigned char>(profileFlag | textFlags);
                file[to + chunkHeader] &= static_cast<unsigned char>(~flags);
            }
            to += length;
        }
        from += length;
    }
    writeLittleEndian(file, 4, to - chunkHeader);
    return to;
}

void flagTransparency(std::span<unsigned char> file) {
    constexpr std::size_t flagsAt = riffHeader + chunkHeader;
    if (file.size() > flagsAt && nameAt(file, riffHeader) == "VP8X" &&
        (file[flagsAt] & animationFlag) != 0) {
        file[flagsAt] |= alphaFlag;
    }
}

}  // namespace private_image
