// Repairs files whose pixels are complete, but that libvips refuses.
#pragma once

#include <span>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// For a JPEG without its end marker: the same with the bytes that its decoder expects at the end.
// Missing rows fail to decode as before, provided that warnings of the decoder count as failures.
// Empty if nothing needs repair, or if more than the marker is missing. May throw std::bad_alloc.
std::vector<unsigned char> repairedJpeg(SourceType type, std::span<const unsigned char> bytes);

// For a PNG that does not decode and has a suggested palette, which is never shown and may have an
// invalid checksum: the same without it. Otherwise empty. May throw std::bad_alloc.
std::vector<unsigned char> repairedPng(SourceType type, std::span<const unsigned char> bytes);

}  // namespace private_image
