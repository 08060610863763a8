// Converts the arguments of each function. Own code, because no packaged library parses CSS
// colours, and the gate parses before libvips is started.
#include "transform/css_colour.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "transform/css_colour_spaces.hpp"
#include "transform/css_function.hpp"

namespace private_image {

namespace {

// A number, or a percentage of `whole`; "none" is 0. Empty for an angle.
std::optional<double> numberOf(const CssComponent& component, double whole) {
    switch (component.kind) {
        case CssComponent::Kind::number:
            return std::clamp(component.value, -maxCssComponent, maxCssComponent);
        case CssComponent::Kind::percentage:
            return component.value / 100 * whole;
        case CssComponent::Kind::angle:
            return std::nullopt;
        case CssComponent::Kind::none:
            return 0;
    }
    return std::nullopt;
}

// Degrees from 0 to 360. Empty for a percentage.
std::optional<double> hueOf(const CssComponent& component) {
    if (component.kind == CssComponent::Kind::percentage) {
        return std::nullopt;
    }
    return normalDegrees(component.value);
}

// Each component as a number; 100 % is the component of `whole`.
std::optional<ColourTriple> numbersOf(const std::array<CssComponent, 3>& components,
                                      const ColourTriple& whole) {
    ColourTriple numbers;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = numberOf(components[i], whole[i]);
        if (!number) {
            return std::nullopt;
        }
        numbers[i] = *number;
    }
    return numbers;
}

// Whether all three components have this kind, as the legacy syntax requires.
bool areAll(const std::array<CssComponent, 3>& components, CssComponent::Kind kind) {
    return std::ranges::all_of(components,
                               [kind](const CssComponent& c) { return c.kind == kind; });
}

std::optional<double> alphaOf(const CssArguments& arguments) {
    if (!arguments.alpha) {
        return 1;
    }
    const bool isNone = arguments.alpha->kind == CssComponent::Kind::none;
    const auto alpha = numberOf(*arguments.alpha, 1);
    return alpha && !(isNone && arguments.hasCommas) ? std::optional(std::clamp(*alpha, 0.0, 1.0))
                                                     : std::nullopt;
}

// Gamma-encoded sRGB, 0 to 1 within the gamut. Empty if the arguments are not valid for the
// function.
using Conversion = std::optional<ColourTriple> (*)(const CssArguments& arguments);

std::optional<ColourTriple> fromRgb(const CssArguments& arguments) {
    const auto& components = arguments.components;
    if (arguments.hasCommas && !areAll(components, CssComponent::Kind::number) &&
        !areAll(components, CssComponent::Kind::percentage)) {
        return std::nullopt;
    }
    auto rgb = numbersOf(components, {255, 255, 255});
    if (rgb) {
        for (double& channel : *rgb) {
            channel /= 255;
        }
    }
    return rgb;
}

std::optional<ColourTriple> fromHsl(const CssArguments& arguments) {
    const auto& [hueComponent, saturationComponent, lightnessComponent] = arguments.components;
    const bool arePercentages = saturationComponent.kind == CssComponent::Kind::percentage &&
                                lightnessComponent.kind == CssComponent::Kind::percentage;
    if (arguments.hasCommas && (!arePercentages || hueComponent.kind == CssComponent::Kind::none)) {
        return std::nullopt;
    }
    const auto hue = hueOf(hueComponent);
    const auto saturation = numberOf(saturationComponent, 100);
    const auto lightness = numberOf(lightnessComponent, 100);
    if (!hue || !saturation || !lightness) {
        return std::nullopt;
    }
    // Values above 100 % are beyond sRGB and clipped at the end.
    return srgbFromHsl(*hue, std::max(0.0, *saturation / 100), *lightness / 100);
}

std::optional<ColourTriple> fromHwb(const CssArguments& arguments) {
    const auto hue = hueOf(arguments.components[0]);
    const auto whiteness = numberOf(arguments.components[1], 100);
    const auto blackness = numberOf(arguments.components[2], 100);
    if (arguments.hasCommas || !hue || !whiteness || !blackness) {
        return std::nullopt;
    }
    return srgbFromHwb(*hue, std::max(0.0, *whiteness / 100), std::max(0.0, *blackness / 100));
}

std::optional<ColourTriple> fromLab(const CssArguments& arguments) {
    const auto lab = numbersOf(arguments.components, {100, 125, 125});
    return lab && !arguments.hasCommas ? std::optional(srgbFromLab(*lab)) : std::nullopt;
}

std::optional<ColourTriple> fromOklab(const CssArguments& arguments) {
    const auto lab = numbersOf(arguments.components, {1, 0.4, 0.4});
    return lab && !arguments.hasCommas ? std::optional(srgbFromOklab(*lab)) : std::nullopt;
}

// Lightness, chroma and hue on the axes of Lab or Oklab.
std::optional<ColourTriple> axesOf(const CssArguments& arguments, double wholeLightness,
                                   double wholeChroma) {
    const auto lightness = numberOf(arguments.components[0], wholeLightness);
    const auto chroma = numberOf(arguments.components[1], wholeChroma);
    const auto hue = hueOf(arguments.components[2]);
    if (arguments.hasCommas || !lightness || !chroma || !hue) {
        return std::nullopt;
    }
    return axesFromPolar(*lightness, std::max(0.0, *chroma), *hue);
}

std::optional<ColourTriple> fromLch(const CssArguments& arguments) {
    const auto lab = axesOf(arguments, 100, 150);
    return lab ? std::optional(srgbFromLab(*lab)) : std::nullopt;
}

std::optional<ColourTriple> fromOklch(const CssArguments& arguments) {
    const auto lab = axesOf(arguments, 1, 0.4);
    return lab ? std::optional(srgbFromOklab(*lab)) : std::nullopt;
}

struct NamedConversion {
    std::string_view name;
    Conversion convert;
};

constexpr auto functions = std::to_array<NamedConversion>({
    {"rgb", fromRgb},
    {"rgba", fromRgb},
    {"hsl", fromHsl},
    {"hsla", fromHsl},
    {"hwb", fromHwb},
    {"lab", fromLab},
    {"lch", fromLch},
    {"oklab", fromOklab},
    {"oklch", fromOklch},
});

std::optional<Colour> clipped(const std::optional<ColourTriple>& rgb,
                              const std::optional<double>& alpha) {
    if (!rgb || !alpha) {
        return std::nullopt;
    }
    const auto byte = [](double value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
    };
    return Colour{byte((*rgb)[0]), byte((*rgb)[1]), byte((*rgb)[2]), byte(*alpha)};
}

// "display-p3 1 0 0 / 50%"
std::optional<Colour> fromSpace(std::string_view text) {
    const auto parsed = parseCssSpaceArguments(text);
    const auto channels =
        parsed ? numbersOf(parsed->arguments.components, {1, 1, 1}) : std::nullopt;
    return channels ? clipped(srgbFromSpace(parsed->space, *channels), alphaOf(parsed->arguments))
                    : std::nullopt;
}

}  // namespace

std::optional<Colour> cssFunctionColour(std::string_view text) {
    const auto call = parseCssFunction(text);
    if (!call) {
        return std::nullopt;
    }
    if (call->name == "color") {
        return fromSpace(call->arguments);
    }
    const auto function = std::ranges::find(functions, call->name, &NamedConversion::name);
    const auto arguments = function != functions.end()
                               ? parseCssArguments(call->arguments, call->name.ends_with('a'))
                               : std::nullopt;
    return arguments ? clipped(function->convert(*arguments), alphaOf(*arguments)) : std::nullopt;
}

}  // namespace private_image
