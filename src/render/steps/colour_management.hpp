// Converts decoded images to 8-bit sRGB, or to grey if they have no colour.
#pragma once

#include <memory>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// 8 bits a sample, and 1 or 2 (grey), 3 or 4 (RGB), or 4 or 5 (CMYK) bands. Keeps the profile only
// if it still describes the samples.
Image toEightBit(const Image& image);

// Converts from the embedded profile, or from CMYK, to sRGB. A broken profile is ignored.
Image toSrgb(const Image& image);

// True for grey and RGB images with a profile that suits them.
bool hasOwnProfile(const Image& image);

// Grey becomes RGB; other images are unchanged.
Image withColour(const Image& image);

// Adds an opaque alpha band if there is no alpha.
Image withAlpha(const Image& image);

bool isGreyTone(Colour colour);

struct FreeNumbers {
    void operator()(VipsArrayDouble* numbers) const { vips_area_unref(VIPS_AREA(numbers)); }
};
// A colour as libvips takes backgrounds: one number for each band of an image.
using BandColour = std::unique_ptr<VipsArrayDouble, FreeNumbers>;

// For an image of 1 to 4 bands; with an even number of bands the last is alpha.
BandColour bandColour(Colour colour, int bands);

}  // namespace private_image
