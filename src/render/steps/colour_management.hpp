// Whatever a decoder hands out becomes 8-bit sRGB, or stays grey where nothing needs colour.
#pragma once

#include <memory>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// 8 bits a sample, and 1 or 2 (grey), 3 or 4 (RGB), or 4 or 5 (CMYK) bands. Keeps the profile only
// where it still describes the samples.
Image toEightBit(const Image& image);

// From the embedded profile, or from CMYK, to sRGB. A broken profile is as good as none.
Image toSrgb(const Image& image);

// True for grey and RGB images with a profile that fits them.
bool hasOwnProfile(const Image& image);

// Grey becomes RGB; anything else is left alone.
Image withColour(const Image& image);

// With an opaque alpha band where there was none.
Image withAlpha(const Image& image);

bool isGreyTone(Colour colour);

struct FreeNumbers {
    void operator()(VipsArrayDouble* numbers) const { vips_area_unref(VIPS_AREA(numbers)); }
};
// A colour as libvips takes backgrounds: one number for each band of an image.
using BandColour = std::unique_ptr<VipsArrayDouble, FreeNumbers>;

// For an image of 1 to 4 bands, the last of an even number being alpha.
BandColour bandColour(Colour colour, int bands);

}  // namespace private_image
