// Splits an animation, which libvips holds as one tall strip, into frames, and joins frames again.
#pragma once

#include <cstdint>
#include <vector>

#include "render/steps/image.hpp"

namespace private_image {

// The frames of a strip from top to bottom; they must be computed in this order.
std::vector<Image> splitFrames(const Image& strip, Size frame, std::uint32_t count);

// One strip of frames of equal size.
Image joinFrames(const std::vector<Image>& frames);

// Marks `strip` as an animation for encoders, with the loop count of `original` and the delays of
// its frames from `first` on.
Image asAnimation(const Image& strip, const Image& original, std::uint32_t frameHeight,
                  std::uint32_t first, std::uint32_t count);

}  // namespace private_image
