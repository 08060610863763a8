// Sharpening and blurring. The image must be in memory: both look at rows more than once.
#pragma once

#include "render/steps/image.hpp"

namespace private_image {

// amount 0 to 10; 1 suits photographs that were made smaller.
Image sharpen(const Image& image, double amount);

// radius 0 to 250 pixels.
Image blur(const Image& image, double radius);

}  // namespace private_image
