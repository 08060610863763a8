// Changes colours pixel by pixel, whatever lies beside them. Transparency stays as it is.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// One band (two with alpha), by luminance.
Image grayscale(const Image& image);

// One linear curve for all bands: the darkest visible pixel becomes black, the lightest white.
Image stretchContrast(const Image& image, const Watch& watch);

// Brightness and contrast (about the middle grey), then gamma, then saturation, over sRGB values.
Image adjustLevels(const Image& image, const Levels& levels);

// Distance is Euclidean in RGB, 100 percent from black to white. Grey images become RGB.
Image replaceColour(const Image& image, const ReplaceColour& replacement, const Watch& watch);

// Brightness is kept: grey takes the colour away. Grey images become RGB unless the colour is grey.
Image colorize(const Image& image, const Colorize& tint);

}  // namespace private_image
