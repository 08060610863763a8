// Parts of binary files that several tests write: big-endian numbers, PNG chunks, HEIF boxes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace private_image::binary_files {

inline std::string bigEndian(std::uint64_t value, std::size_t length = 4) {
    std::string text;
    for (std::size_t i = length; i > 0; --i) {
        text += static_cast<char>(value >> (8 * (i - 1)) & 0xFF);
    }
    return text;
}

// PNG, 5.3: the checksum covers the name and the content.
inline std::string pngChunk(const std::string& name, const std::string& content) {
    std::uint32_t sum = 0xFFFFFFFF;
    for (const char byte : name + content) {
        sum ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
        }
    }
    return bigEndian(content.size()) + name + content + bigEndian(~sum);
}

// ISO/IEC 14496-12, 4.2.
inline std::string box(const std::string& type, const std::string& content) {
    return bigEndian(content.size() + 8) + type + content;
}

// A box that begins with a version and flags of 0.
inline std::string fullBox(const std::string& type, const std::string& content, int version = 0) {
    return box(type, bigEndian(std::uint64_t(version) << 24) + content);
}

inline std::string sizeProperty(std::uint64_t width, std::uint64_t height) {
    return fullBox("ispe", bigEndian(width) + bigEndian(height));
}

}  // namespace private_image::binary_files
