// Colours as the dialects write them.
#pragma once

#include <optional>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// A CSS named colour (all 148, and "transparent"), case-insensitive.
std::optional<Colour> namedColour(std::string_view name);

// CSS Color 4: a name, #RGB, #RGBA, #RRGGBB, #RRGGBBAA, or one of its functions (css_colour.hpp).
// At most 256 bytes.
std::optional<Colour> cssColour(std::string_view text);

// ImageKit: RRGGBB, RRGGBBAA where AA is decimal 00 to 99 (hundredths of opacity), or a name.
std::optional<Colour> imagekitColour(std::string_view text);

}  // namespace private_image
