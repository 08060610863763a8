// Files that are whole but for something that no picture needs, and that libvips nevertheless
// refuses: bytes that decode in their place.
#pragma once

#include <span>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// For a JPEG without its end marker: the same with what its decoder looks for at the end. Rows that
// are missing fail to decode as before, provided that warnings of the decoder count as failures.
// Empty: nothing has to be mended, or more is missing than the marker. May throw std::bad_alloc.
std::vector<unsigned char> mendedJpeg(SourceType type, std::span<const unsigned char> bytes);

// For a PNG that does not decode and has a suggested palette, which is never shown and may have
// a wrong checksum: the same without it. Else empty. May throw std::bad_alloc.
std::vector<unsigned char> mendedPng(SourceType type, std::span<const unsigned char> bytes);

}  // namespace private_image
