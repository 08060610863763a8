// Changes colours pixel by pixel, whatever lies beside them. Transparency stays as it is.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// One band (two with alpha), by luminance.
Image grayscale(const Image& image);

// One linear curve for all bands of all frames: the darkest pixel that is visible in any of them
// becomes black, the lightest white. The frames should be settled. Empty on failure.
std::optional<Levels> fullContrast(std::span<const Image> frames, const Watch& watch);

// Brightness and contrast (about the middle grey), then gamma, then saturation, over sRGB values.
Image adjustLevels(const Image& image, const Levels& levels);

// Replaces `from`. Distance is Euclidean in RGB, 100 percent from black to white. Grey images
// become RGB.
Image replaceColour(const Image& image, const ReplaceColour& replacement, Colour from);

// Brightness is kept: grey takes the colour away. Grey images become RGB unless the colour is grey.
Image colorize(const Image& image, const Colorize& tint);

}  // namespace private_image
