// Pixels of an image in memory between its pixels. Knows not why somebody asks for them.
#pragma once

#include "render/steps/image.hpp"

namespace private_image {

// As large as `places`, whose two floats per pixel say where in `image` it comes from; 0 is the
// middle of the first pixel. What lies beside the image is transparent. `image` has 8 bits and is
// in memory; nothing but the line that is asked for is held besides.
Image sampledAt(const Image& image, const Image& places);

}  // namespace private_image
