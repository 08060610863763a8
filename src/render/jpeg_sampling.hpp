// Sampling factors of a JPEG's components, read from its frame header.
#pragma once

#include <span>
#include <vector>

namespace private_image {

// How finely a component is stored: 1 to 4 samples across and down in the same area of the image.
// The finest component of a file has the full resolution.
struct Sampling {
    int across = 1, down = 1;
    bool operator==(const Sampling&) const = default;
};

// One for each component, 1 to 4 of them. Empty without a valid frame header.
std::vector<Sampling> jpegSampling(std::span<const unsigned char> bytes);

}  // namespace private_image
