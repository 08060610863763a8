// ITU-T T.81, B.2.2: marker, length, precision, lines, samples per line, the number of components,
// and three bytes for each.
#include "render/jpeg_sampling.hpp"

#include <algorithm>
#include <cstddef>

namespace private_image {

namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t frameHeaderLength = 10, componentLength = 3, maxComponents = 4;

bool beginsFrame(unsigned char marker) {
    constexpr unsigned char huffmanTables = 0xC4, reserved = 0xC8, arithmeticTables = 0xCC;
    return marker >= 0xC0 && marker <= 0xCF && marker != huffmanTables && marker != reserved &&
           marker != arithmeticTables;
}

// Restarts, SOI, EOI and TEM have no length.
bool hasLength(unsigned char marker) {
    return marker > 0x01 && (marker < 0xD0 || marker > 0xD9);
}

std::vector<Sampling> samplingOf(Bytes frame) {
    const std::size_t count = frame.size() < frameHeaderLength ? 0 : frame[9];
    if (count == 0 || count > maxComponents ||
        frame.size() < frameHeaderLength + count * componentLength) {
        return {};
    }
    std::vector<Sampling> sampling;
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned char factors = frame[frameHeaderLength + i * componentLength + 1];
        sampling.push_back({factors >> 4, factors & 15});
    }
    const auto isValid = [](int factor) { return factor >= 1 && factor <= 4; };
    const bool areValid = std::all_of(sampling.begin(), sampling.end(), [&](const Sampling& one) {
        return isValid(one.across) && isValid(one.down);
    });
    return areValid ? sampling : std::vector<Sampling>();
}

}  // namespace

std::vector<Sampling> jpegSampling(Bytes bytes) {
    constexpr unsigned char scan = 0xDA;
    while (bytes.size() >= 4) {
        const unsigned char marker = bytes[1];
        if (bytes[0] != 0xFF || marker == 0xFF) {  // fill bytes, which libjpeg skips too
            bytes = bytes.subspan(1);
            continue;
        }
        if (beginsFrame(marker)) {
            return samplingOf(bytes);
        }
        if (marker == scan) {
            return {};
        }
        const std::size_t length = hasLength(marker) ? std::size_t(bytes[2]) << 8 | bytes[3] : 0;
        bytes = bytes.subspan(std::min(2 + length, bytes.size()));
    }
    return {};
}

}  // namespace private_image
