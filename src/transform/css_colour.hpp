// The functions of CSS Color 4 that name a fixed colour: rgb(), hsl(), hwb(), lab(), lch(),
// oklab(), oklch() and color(), with the aliases rgba() and hsla(). Names and #RRGGBB are in
// colour.hpp.
#pragma once

#include <optional>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// `text`: "rgb(255 0 0 / 50%)". Channels beyond sRGB are clipped, as browsers do. Empty for any
// other text, and for calc(), relative colours and custom colour spaces.
std::optional<Colour> cssFunctionColour(std::string_view text);

}  // namespace private_image
