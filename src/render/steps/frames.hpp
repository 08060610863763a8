// An animation as libvips holds it, one tall strip, taken apart and put together again.
#pragma once

#include <cstdint>
#include <vector>

#include "render/steps/image.hpp"

namespace private_image {

// The frames of a strip from top to bottom; each is to be computed after the one before it.
std::vector<Image> splitFrames(const Image& strip, Size frame, std::uint32_t count);

// One strip of equally large frames.
Image joinFrames(const std::vector<Image>& frames);

// Tells savers that `strip` is an animation, with the loop count of `original` and the delays of
// its frames from `first` on.
Image asAnimation(const Image& strip, const Image& original, std::uint32_t frameHeight,
                  std::uint32_t first, std::uint32_t count);

}  // namespace private_image
