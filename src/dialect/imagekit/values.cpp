// Strict parsers: they refuse every value that does not match its grammar completely.
#include "dialect/imagekit/values.hpp"

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "transform/normal_values.hpp"

namespace private_image::imagekit {

namespace {

constexpr std::size_t maxPathLength = 4096;
constexpr auto maxSidePixels = static_cast<std::uint32_t>(maxSide);

bool isAllDigits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A single number is not a formula: each key has its own bounds for numbers.
std::optional<Expression> parseFormula(std::string_view text, ExpressionScope scope) {
    auto formula = parseExpression(text, scope);
    if (!formula || (formula->operands.size() == 1 && !formula->operands[0].variable)) {
        return std::nullopt;
    }
    return formula;
}

std::optional<Quantity> formulaQuantity(std::string_view text, ExpressionScope scope) {
    auto formula = parseFormula(text, scope);
    return formula ? std::optional(Quantity{0, std::move(*formula)}) : std::nullopt;
}

// NGINX does not normalise these paths, so an empty segment is refused: a map by path would not
// recognise "//members".
std::optional<std::string> checkedPath(std::string path) {
    if (!path.starts_with('/')) {
        path.insert(path.begin(), '/');
    }
    const bool isPath = path.size() <= maxPathLength && path.find("//") == std::string::npos &&
                        pathError(path).empty();
    return isPath ? std::optional(std::move(path)) : std::nullopt;
}

}  // namespace

std::vector<std::string_view> splitAt(std::string_view text, char separator, std::size_t max) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        if (parts.size() == max) {
            return {};
        }
        const auto end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::optional<bool> parseBoolean(std::string_view text) {
    if (text == "true") {
        return true;
    }
    return text == "false" ? std::optional(false) : std::nullopt;
}

std::optional<std::uint32_t> parseWhole(std::string_view text, std::uint32_t min,
                                        std::uint32_t max) {
    const auto number = parseUnsigned(text, max);
    return number && *number >= min ? std::optional(static_cast<std::uint32_t>(*number))
                                    : std::nullopt;
}

std::optional<std::int32_t> parseSigned(std::string_view text, std::uint32_t max) {
    const bool isNegative = text.starts_with('N');
    const auto number = parseUnsigned(text.substr(isNegative ? 1 : 0), max);
    if (!number) {
        return std::nullopt;
    }
    const auto value = static_cast<std::int32_t>(*number);
    return isNegative ? -value : value;
}

std::optional<double> parseDegrees(std::string_view text, double max) {
    const bool isNegative = text.starts_with('N');
    const auto degrees = parseDecimal(text.substr(isNegative ? 1 : 0));
    if (!degrees || *degrees > max) {
        return std::nullopt;
    }
    return isNegative ? -*degrees : *degrees;
}

std::optional<double> parsePositive(std::string_view text, double max) {
    const auto number = parseDecimal(text);
    return number && *number > 0 && *number <= max ? number : std::nullopt;
}

std::optional<Quantity> parseBounded(std::string_view text, double min, double max,
                                     ExpressionScope scope) {
    if (const auto number = parseDecimal(text)) {
        return *number >= min && *number <= max ? std::optional(Quantity{*number, {}})
                                                : std::nullopt;
    }
    auto quantity = formulaQuantity(text, scope);
    if (quantity) {
        normaliseQuantity(*quantity, min, max);
    }
    const bool isUsable =
        quantity && (quantity->formula.isEmpty() || hasVariable(quantity->formula));
    return isUsable ? quantity : std::nullopt;
}

std::optional<Quantity> parsePixels(std::string_view text, int min, ExpressionScope scope) {
    const auto number = parseSigned(text, maxSidePixels);
    if (!number) {
        return formulaQuantity(text, scope);
    }
    const bool isInRange = *number >= min || min < 0;
    return isInRange ? std::optional(Quantity{static_cast<double>(*number), {}}) : std::nullopt;
}

std::optional<Length> parseSide(std::string_view text, ExpressionScope scope) {
    const auto pixels = isAllDigits(text) ? parseUnsigned(text, maxSidePixels) : std::nullopt;
    if (isAllDigits(text) && !pixels) {
        return Length{};
    }
    if (pixels && *pixels > 1) {
        return Length{Length::Unit::pixels, static_cast<double>(*pixels), {}};
    }
    if (const auto fraction = parseDecimal(text)) {
        return *fraction > 0 && *fraction <= 1
                   ? std::optional(Length{Length::Unit::fraction, *fraction, {}})
                   : std::nullopt;
    }
    auto formula = parseFormula(text, scope);
    return formula ? std::optional(Length{Length::Unit::formula, 0, std::move(*formula)})
                   : std::nullopt;
}

std::optional<double> parsePlainRatio(std::string_view text) {
    const auto separator = text.find_first_of("-_");
    const auto width = parseDecimal(text.substr(0, separator));
    const auto height = separator == std::string_view::npos
                            ? std::optional(1.0)
                            : parseDecimal(text.substr(separator + 1));
    if (!width || !height || *height == 0) {
        return std::nullopt;
    }
    const double ratio = *width / *height;
    return ratio >= 1 / maxSide && ratio <= maxSide ? std::optional(ratio) : std::nullopt;
}

std::optional<Quantity> parseRatio(std::string_view text, ExpressionScope scope) {
    const auto ratio = parsePlainRatio(text);
    return ratio ? std::optional(Quantity{*ratio, {}}) : formulaQuantity(text, scope);
}

std::optional<Gravity> parsePlace(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, Gravity>, 9> places = {{
        {"center", {Gravity::Kind::point, 0.5, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top_left", {Gravity::Kind::point, 0, 0}},
        {"top_right", {Gravity::Kind::point, 1, 0}},
        {"bottom_left", {Gravity::Kind::point, 0, 1}},
        {"bottom_right", {Gravity::Kind::point, 1, 1}},
    }};
    return valueNamed(places, text);
}

std::string withSlashes(std::string_view text) {
    std::string path;
    path.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool isSlash = text.substr(at, 2) == "@@";
        path += isSlash ? '/' : text[at];
        at += isSlash ? 1 : 0;
    }
    return path;
}

std::optional<std::string> parsePath(std::string_view text) {
    return checkedPath(withSlashes(text));
}

std::optional<std::string> parseEncodedPath(std::string_view text) {
    auto path = base64Decode(text);
    return path && !path->empty() ? checkedPath(std::move(*path)) : std::nullopt;
}

}  // namespace private_image::imagekit
