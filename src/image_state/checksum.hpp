// A checksum that detects damaged bytes on disk. It does not protect against deliberate changes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace private_image {

// Similar to FNV-1a, eight bytes at a time. Every step is reversible, so that a change within eight
// bytes is always detected.
inline std::uint64_t checksum(std::span<const unsigned char> bytes) {
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t sum = 0xcbf29ce484222325 ^ bytes.size();
    std::uint64_t word = 0;
    for (; bytes.size() >= sizeof(word); bytes = bytes.subspan(sizeof(word))) {
        std::memcpy(&word, bytes.data(), sizeof(word));
        // Rotated, so that the highest bits affect later steps, too.
        sum = std::rotl((sum ^ word) * prime, 29);
    }
    if (!bytes.empty()) {
        word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        sum = std::rotl((sum ^ word) * prime, 29);
    }
    return sum;
}

}  // namespace private_image
