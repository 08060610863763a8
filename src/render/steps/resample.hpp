// Lanczos resampling of any part of an image, including edges between pixels.
//
// Why not vips_resize(): it has no offset, centres the image if sides do not match, and so moves a
// JPEG that was shrunk while decoding by up to a quarter of a pixel. It also enlarges with a
// shorter filter, averages before it reduces by four or more, rounds coefficients down
// (libvips 8.14), and needs twice the CPU, five times as much with alpha.
#pragma once

#include "render/steps/image.hpp"

namespace private_image {

// A part of an image in its pixels: 0,0 is the outer corner of the first pixel. May reach beyond
// the image by less than a pixel; the last pixels are repeated there.
struct Area {
    double left = 0, top = 0, width = 0, height = 0;
};

// True for images that resample() supports: 8 bits, 1 to 4 bands, no side longer than 65535 pixels.
bool canResample(const Image& image, Size size);

// `area` of `image` as an image of `size`, by Lanczos3 along each axis. Colours are weighted by
// their opacity. Requires canResample(). Empty on failure.
Image resample(const Image& image, const Area& area, Size size);

}  // namespace private_image
