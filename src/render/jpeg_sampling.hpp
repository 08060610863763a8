// Sampling factors of a JPEG's components, from its frame header. Decodes nothing.
#pragma once

#include <span>
#include <vector>

namespace private_image {

// How finely a component is stored: 1 to 4 samples across and down in the same piece of the image.
// The finest of a file's components has the full resolution.
struct Sampling {
    int across = 1, down = 1;
    bool operator==(const Sampling&) const = default;
};

// One for each component, 1 to 4 of them. Empty where there is no valid frame header.
std::vector<Sampling> jpegSampling(std::span<const unsigned char> bytes);

}  // namespace private_image
