// Tells bytes on disk that were damaged from those that were written; no protection against whoever
// may write there.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace private_image {

// In the manner of FNV-1a, eight bytes at a time. Every step can be undone, so that a change within
// eight bytes is always noticed.
inline std::uint64_t checksum(std::span<const unsigned char> bytes) {
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t sum = 0xcbf29ce484222325 ^ bytes.size();
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t length = bytes.size() < sizeof(word) ? bytes.size() : sizeof(word);
        std::memcpy(&word, bytes.data(), length);
        // Turned, so that the highest bits count further on as well.
        sum = std::rotl((sum ^ word) * prime, 29);
        bytes = bytes.subspan(length);
    }
    return sum;
}

}  // namespace private_image
