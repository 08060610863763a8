// The syntax of the colour functions in CSS Color 4, chapter 4.1: names, numbers with units, commas
// or blanks between them, and an alpha at the end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace private_image {

// Larger components are clamped to it: every channel is clipped far below, and products and cubes
// of it stay finite.
inline constexpr double maxCssComponent = 1e6;

struct CssComponent {
    enum class Kind : std::uint8_t { number, percentage, angle, none };
    Kind kind = Kind::none;
    double value = 0;  // angles: degrees from 0 to 360
};

struct CssArguments {
    std::array<CssComponent, 3> components;
    std::optional<CssComponent> alpha;
    bool hasCommas = false;  // the legacy syntax
};

struct CssFunction {
    std::string name;            // in lower case
    std::string_view arguments;  // between the parentheses
};

// "rgb(255 0 0 / 50%)" has the name "rgb" and the arguments "255 0 0 / 50%". Empty if the text is
// not a name directly followed by parentheses around the rest.
std::optional<CssFunction> parseCssFunction(std::string_view text);

// "a b c", "a b c / alpha", "a, b, c" or "a, b, c, alpha"; with `mayLackSlash` also "a b c alpha".
// Empty if the text is not one of these.
std::optional<CssArguments> parseCssArguments(std::string_view text, bool mayLackSlash);

// The arguments of color(): the name of a colour space in lower case, then "a b c / alpha".
struct CssSpaceArguments {
    std::string space;
    CssArguments arguments;
};
std::optional<CssSpaceArguments> parseCssSpaceArguments(std::string_view text);

// The same angle from 0 to 360; 0 for one that is not finite, as CSS Values 4 has it.
double normalDegrees(double degrees);

}  // namespace private_image
