// Most settings consist of parts in any order, joined by underscores, each "name-value". A value
// may contain underscores, too.
#include "dialect/imagekit/effects.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "dialect/imagekit/values.hpp"
#include "transform/colour.hpp"

namespace private_image::imagekit {

namespace {

constexpr double maxSharpen = 100;
constexpr double maxModelSharpen = 10;  // the maximum of Sharpen; ImageKit documents none
constexpr double maxMask = 100;
constexpr std::uint32_t maxShadowBlur = 15;
constexpr std::uint32_t maxPercent = 100;
constexpr auto maxSidePixels = static_cast<std::uint32_t>(maxSide);

struct Part {
    std::string_view name;
    std::string_view value;
};

// The beginning of the next part after `from`: an underscore before a known name and a dash.
std::size_t nextPart(std::string_view text, std::size_t from,
                     std::span<const std::string_view> names) {
    for (auto at = text.find('_', from); at != std::string_view::npos;
         at = text.find('_', at + 1)) {
        const auto rest = text.substr(at + 1);
        const auto isNext = [rest](std::string_view name) {
            return rest.starts_with(name) && rest.substr(name.size()).starts_with('-');
        };
        if (std::ranges::any_of(names, isNext)) {
            return at;
        }
    }
    return text.size();
}

// Empty if a part has an unknown name, or if two parts have the same name.
std::optional<std::vector<Part>> partsOf(std::string_view text,
                                         std::initializer_list<std::string_view> names) {
    std::vector<Part> parts;
    for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
        const auto end = nextPart(text, begin, names);
        const auto part = text.substr(begin, end - begin);
        const auto dash = part.find('-');
        const auto name = part.substr(0, dash);
        if (dash == std::string_view::npos || std::ranges::find(names, name) == names.end() ||
            std::ranges::find(parts, name, &Part::name) != parts.end()) {
            return std::nullopt;
        }
        parts.push_back({name, part.substr(dash + 1)});
        begin = end + 1;
    }
    return parts;
}

// The direction of a gradient: degrees, or a side or corner.
std::optional<double> parseDirection(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 8> directions = {{
        {"top", 0},
        {"top_right", 45},
        {"right", 90},
        {"bottom_right", 135},
        {"bottom", 180},
        {"bottom_left", 225},
        {"left", 270},
        {"top_left", 315},
    }};
    const auto degrees = parseWhole(text, 0, 359);
    return degrees ? std::optional<double>(*degrees) : valueNamed(directions, text);
}

// A fraction up to 1, pixels above 1, or a formula.
std::optional<Quantity> parseStop(std::string_view text, ExpressionScope scope) {
    const auto number = parsePositive(text, maxSide);
    return number ? std::optional(Quantity{*number, {}}) : parsePixels(text, 1, scope);
}

bool assignShadowPart(Shadow& shadow, const Part& part) {
    if (part.name == "bl") {
        return assign(shadow.blur, parseWhole(part.value, 0, maxShadowBlur));
    }
    if (part.name == "st") {
        return assign(shadow.strength, parseWhole(part.value, 0, maxPercent));
    }
    return assign(part.name == "x" ? shadow.x : shadow.y, parseSigned(part.value, maxPercent));
}

bool assignGradientPart(Gradient& gradient, const Part& part, ExpressionScope scope) {
    if (part.name == "ld") {
        return assign(gradient.degrees, parseDirection(part.value));
    }
    if (part.name == "sp") {
        return assign(gradient.stop, parseStop(part.value, scope));
    }
    return assign(part.name == "from" ? gradient.from : gradient.to, imagekitColour(part.value));
}

std::optional<Distort> parseArc(std::string_view text) {
    const auto degrees = parseSigned(text, 360);
    if (!degrees || *degrees == 0) {
        return std::nullopt;
    }
    Distort distort;
    distort.kind = Distort::Kind::arc;
    distort.degrees = *degrees;
    return distort;
}

std::optional<Distort> parsePerspective(std::string_view text) {
    Distort distort;
    const auto numbers = splitAt(text, '_', distort.corners.size());
    if (numbers.size() != distort.corners.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!assign(distort.corners[i].constant, parseSigned(numbers[i], maxSidePixels))) {
            return std::nullopt;
        }
    }
    return distort;
}

}  // namespace

std::optional<Sharpen> parseSharpen(std::string_view text) {
    if (text.empty()) {
        return Sharpen{};
    }
    const auto amount = parsePositive(text, maxSharpen);
    return amount ? std::optional(Sharpen{std::min(*amount, maxModelSharpen)}) : std::nullopt;
}

std::optional<UnsharpMask> parseUnsharpMask(std::string_view text) {
    UnsharpMask mask;
    if (text.empty()) {
        return mask;
    }
    const auto numbers = splitAt(text, '-', 4);
    if (numbers.size() != 4 || !assign(mask.radius, parsePositive(numbers[0], maxMask)) ||
        !assign(mask.sigma, parsePositive(numbers[1], maxMask)) ||
        !assign(mask.amount, parsePositive(numbers[2], maxMask)) ||
        !assign(mask.threshold, parseDecimal(numbers[3])) || mask.threshold > 1) {
        return std::nullopt;
    }
    return mask;
}

std::optional<Shadow> parseShadow(std::string_view text) {
    const auto parts = partsOf(text, {"bl", "st", "x", "y"});
    Shadow shadow;
    const auto isAssigned = [&](const Part& part) { return assignShadowPart(shadow, part); };
    return parts && std::ranges::all_of(*parts, isAssigned) ? std::optional(shadow) : std::nullopt;
}

std::optional<Gradient> parseGradient(std::string_view text, ExpressionScope scope) {
    const auto parts = partsOf(text, {"ld", "from", "to", "sp"});
    Gradient gradient;
    const auto isAssigned = [&](const Part& part) {
        return assignGradientPart(gradient, part, scope);
    };
    return parts && std::ranges::all_of(*parts, isAssigned) ? std::optional(gradient)
                                                            : std::nullopt;
}

std::optional<Colorize> parseColorize(std::string_view text) {
    const auto parts = partsOf(text, {"co", "in"});
    Colorize colorize;
    const auto isAssigned = [&](const Part& part) {
        return part.name == "co"
                   ? assign(colorize.colour, imagekitColour(part.value))
                   : assign(colorize.intensity, parseWhole(part.value, 0, maxPercent));
    };
    return parts && std::ranges::all_of(*parts, isAssigned) ? std::optional(colorize)
                                                            : std::nullopt;
}

std::optional<Distort> parseDistort(std::string_view text) {
    if (text.starts_with("p-")) {
        return parsePerspective(text.substr(2));
    }
    return text.starts_with("a-") ? parseArc(text.substr(2)) : std::nullopt;
}

}  // namespace private_image::imagekit
