// Samples an image in memory at positions between its pixels.
#pragma once

#include "render/steps/image.hpp"

namespace private_image {

// As large as `places`, whose two floats per pixel are a position in `image`; 0 is the middle of
// the first pixel. Positions outside the image are transparent. `image` has 8 bits and is in
// memory. Holds only the requested line in addition.
Image sampledAt(const Image& image, const Image& places);

}  // namespace private_image
