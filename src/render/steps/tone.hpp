// Changes colours pixel by pixel. Alpha is kept.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// One band (two with alpha), by luminance.
Image grayscale(const Image& image);

// One linear curve for all bands of all frames: the darkest visible pixel of all becomes black, the
// lightest white. The frames should be in memory. Empty on failure.
std::optional<Levels> fullContrast(std::span<const Image> frames, const Watch& watch);

// Brightness and contrast (around middle grey), then gamma, then saturation, on sRGB values.
Image adjustLevels(const Image& image, const Levels& levels);

// Replaces `from`. Distance is Euclidean in RGB, 100 percent from black to white. Grey images
// become RGB.
Image replaceColour(const Image& image, const ReplaceColour& replacement, Colour from);

// Keeps brightness: a grey tint removes colour. Grey images become RGB unless the colour is grey.
Image colorize(const Image& image, const Colorize& tint);

}  // namespace private_image
