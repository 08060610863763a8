// Splits at underscores, which no colour contains.
#include "dialect/imagekit/colours.hpp"

#include "dialect/imagekit/values.hpp"
#include "transform/colour.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::uint32_t maxBlur = 100;
constexpr std::uint32_t maxBrightness = 255;
constexpr std::uint32_t maxPercent = 100;

std::optional<Background> parseBlurred(std::string_view text) {
    const auto parts = splitAt(text, '_', 3);
    if (parts.empty()) {
        return std::nullopt;
    }
    Background background;
    background.kind = Background::Kind::blurred;
    if (parts.size() > 1 && parts[1] != "auto" &&
        !assign(background.blur, parseWhole(parts[1], 0, maxBlur))) {
        return std::nullopt;
    }
    if (parts.size() > 2 && !assign(background.brightness, parseSigned(parts[2], maxBrightness))) {
        return std::nullopt;
    }
    return background;
}

Background dominantShades(std::uint8_t shades) {
    Background background;
    background.kind = Background::Kind::gradient;
    background.shades = shades;
    return background;
}

}  // namespace

std::optional<Background> parseBackground(std::string_view text) {
    Background background;
    if (text == "blurred" || text.starts_with("blurred_")) {
        return parseBlurred(text);
    }
    if (text == "dominant") {
        background.kind = Background::Kind::dominant;
        return background;
    }
    if (text == "gradient_dominant" || text == "gradient_dominant_2") {
        return dominantShades(2);
    }
    if (text == "gradient_dominant_4") {
        return dominantShades(4);
    }
    return assign(background.colour, imagekitColour(text)) ? std::optional(background)
                                                           : std::nullopt;
}

std::optional<Border> parseBorder(std::string_view text, ExpressionScope scope) {
    const auto separator = text.rfind('_');
    if (separator == std::string_view::npos) {
        return std::nullopt;
    }
    const auto width = parsePixels(text.substr(0, separator), 0, scope);
    const auto colour = imagekitColour(text.substr(separator + 1));
    return width && colour ? std::optional(Border{*width, *colour}) : std::nullopt;
}

std::optional<ReplaceColour> parseReplacement(std::string_view text) {
    const auto parts = splitAt(text, '_', 3);
    ReplaceColour replacement;
    if (parts.empty() || !assign(replacement.to, imagekitColour(parts[0]))) {
        return std::nullopt;
    }
    if (parts.size() > 1 && !assign(replacement.tolerance, parseWhole(parts[1], 0, maxPercent))) {
        return std::nullopt;
    }
    if (parts.size() > 2 && !assign(replacement.from, imagekitColour(parts[2]))) {
        return std::nullopt;
    }
    return replacement;
}

}  // namespace private_image::imagekit
