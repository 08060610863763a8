// ImageKit's effects with settings of their own: "e-NAME-<settings>", here without the name.
#pragma once

#include <optional>
#include <string_view>

#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// An empty text means ImageKit's defaults, except for distortions.
std::optional<Sharpen> parseSharpen(std::string_view text);
std::optional<UnsharpMask> parseUnsharpMask(std::string_view text);
std::optional<Shadow> parseShadow(std::string_view text);
std::optional<Gradient> parseGradient(std::string_view text, ExpressionScope scope);
std::optional<Colorize> parseColorize(std::string_view text);
std::optional<Distort> parseDistort(std::string_view text);

}  // namespace private_image::imagekit
