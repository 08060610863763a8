// Opens a GIF so that its canvas is what browsers show.
#pragma once

#include <cstdint>
#include <span>

#include "render/steps/image.hpp"

namespace private_image {

// `count` frames (at least 1) from `first` (0 is the first) on, as one strip that is computed from
// top to bottom, once. Has alpha where any frame may show something transparent. `bytes` must
// outlive the image. Empty on failure, also where the file ends within its first frame.
Image openGif(std::span<const unsigned char> bytes, std::uint32_t first, std::uint32_t count);

}  // namespace private_image
