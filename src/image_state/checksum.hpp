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
    std::uint64_t word = 0;
    for (; bytes.size() >= sizeof(word); bytes = bytes.subspan(sizeof(word))) {
        std::memcpy(&word, bytes.data(), sizeof(word));
        // Turned, so that the highest bits count further on as well.
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
