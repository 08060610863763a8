// Conversions to sRGB from CSS Color 4 (https://www.w3.org/TR/css-color-4/), chapter 18, sample
// code for colour conversions. Results are gamma-encoded, from 0 to 1 within the gamut of sRGB, and
// beyond it otherwise.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace private_image {

using ColourTriple = std::array<double, 3>;

// Lightness 0 to 100, axes about -125 to 125; D50.
ColourTriple srgbFromLab(const ColourTriple& lab);

// Lightness 0 to 1, axes about -0.4 to 0.4.
ColourTriple srgbFromOklab(ColourTriple lab);

// Chroma and hue (degrees) as the two axes of Lab or Oklab.
ColourTriple axesFromPolar(double lightness, double chroma, double hue);

// Hue in degrees, the others from 0 to 1.
ColourTriple srgbFromHsl(double hue, double saturation, double lightness);
ColourTriple srgbFromHwb(double hue, double whiteness, double blackness);

// From a predefined space of color(): "display-p3", "xyz-d50" and so on. Empty if there is no space
// of that name.
std::optional<ColourTriple> srgbFromSpace(std::string_view space, const ColourTriple& channels);

}  // namespace private_image
