// ImageKit's values that contain colours: backgrounds, borders, replaced colours, tints.
#pragma once

#include <optional>
#include <string_view>

#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// A colour, "blurred[_auto|0-100[_N255…255]]", "dominant", "gradient_dominant[_2|_4]".
std::optional<Background> parseBackground(std::string_view text);

// "<width>_<colour>", where the width may be a formula.
std::optional<Border> parseBorder(std::string_view text, ExpressionScope scope);

// "to[_tolerance[_from]]"
std::optional<ReplaceColour> parseReplacement(std::string_view text);

}  // namespace private_image::imagekit
