// Opens a GIF so that its canvas looks as in browsers.
#pragma once

#include <cstdint>
#include <span>

#include "render/steps/image.hpp"

namespace private_image {

// `count` frames (at least 1) from `first` (from 0) on, as one strip that must be computed once,
// from top to bottom. Has alpha if any frame may be transparent somewhere. `bytes` must outlive the
// image. Empty on failure, also if the file ends within its first frame.
Image openGif(std::span<const unsigned char> bytes, std::uint32_t first, std::uint32_t count);

}  // namespace private_image
