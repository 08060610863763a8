// Which samples of a TIFF are colour, which one is alpha, and which are neither.
#pragma once

#include <cstdint>
#include <span>

#include "render/steps/image.hpp"

namespace private_image {

// `image`, as libvips decodes that page of `bytes`, reduced to its colours and then its alpha, if
// it has one. Without ExtraSamples the image is unchanged.
Image withTiffBands(const Image& image, std::span<const unsigned char> bytes, std::uint32_t page);

}  // namespace private_image
