// Every number is bounded here, before it is used.
#include "dialect/cloudflare/values.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/encoding.hpp"

namespace private_image::cloudflare {

namespace {

constexpr auto maxWholeSide = static_cast<std::uint32_t>(maxSide);
constexpr double maxFactor = 100;
constexpr double minGamma = 0.01;

template <typename Value>
using Word = std::pair<std::string_view, Value>;

template <typename Value>
std::optional<Value> meaningOf(std::string_view text, std::span<const Word<Value>> words) {
    const auto found = std::ranges::find(words, text, &Word<Value>::first);
    return found == words.end() ? std::nullopt : std::optional(found->second);
}

// "0.5x0.33"
std::optional<Gravity> parsePoint(std::string_view text) {
    const auto separator = text.find('x');
    if (separator == std::string_view::npos) {
        return std::nullopt;
    }
    const auto x = numberUpTo(text.substr(0, separator), 1);
    const auto y = numberUpTo(text.substr(separator + 1), 1);
    return x && y ? std::optional(Gravity{Gravity::Kind::point, *x, *y}) : std::nullopt;
}

}  // namespace

std::optional<Length> parseSide(std::string_view text) {
    const auto number = wholeNumberUpTo(text, maxWholeSide);
    if (!number || *number == 0) {
        return std::nullopt;
    }
    return Length{Length::Unit::pixels, static_cast<double>(*number), {}};
}

std::optional<Length> parseWidth(std::string_view text) {
    return text == "auto" ? Length{Length::Unit::automatic, 0, {}} : parseSide(text);
}

std::optional<std::vector<double>> parseBreakpoints(std::string_view text) {
    std::vector<double> breakpoints;
    for (;;) {
        const auto end = std::min(text.find(';'), text.size());
        const auto side = parseSide(text.substr(0, end));
        if (!side || breakpoints.size() == maxBreakpoints) {
            return std::nullopt;
        }
        breakpoints.push_back(side->value);
        if (end == text.size()) {
            return breakpoints;
        }
        text.remove_prefix(end + 1);
    }
}

std::optional<double> numberUpTo(std::string_view text, double max) {
    const auto number = parseDecimal(text);
    return number && *number <= max ? number : std::nullopt;
}

std::optional<std::uint32_t> wholeNumberUpTo(std::string_view text, std::uint32_t max) {
    const auto number = parseUnsigned(text, max);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::optional<double> parseFactor(std::string_view text) {
    const auto factor = numberUpTo(text, maxFactor);
    return factor == 0 ? 1 : factor;
}

std::optional<double> parseGamma(std::string_view text) {
    const auto gamma = parseFactor(text);
    return gamma && *gamma >= minGamma ? gamma : std::nullopt;
}

std::optional<double> parseSaturation(std::string_view text) {
    return numberUpTo(text, maxFactor);
}

std::optional<Fit> parseFit(std::string_view text) {
    constexpr std::array<Word<Fit>, 8> fits = {{
        {"scale-down", Fit::insideNoEnlarge},
        {"contain", Fit::inside},
        {"scale-up", Fit::insideNoShrink},
        {"cover", Fit::cover},
        {"crop", Fit::coverNoEnlarge},
        {"aspect-crop", Fit::coverRatio},
        {"squeeze", Fit::stretch},
        {"pad", Fit::pad},
    }};
    return meaningOf<Fit>(text, fits);
}

std::optional<Gravity> parseGravity(std::string_view text) {
    constexpr std::array<Word<Gravity>, 6> gravities = {{
        {"auto", {Gravity::Kind::attention}},
        {"face", {Gravity::Kind::attention}},  // there is no detector
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
    }};
    const auto gravity = meaningOf<Gravity>(text, gravities);
    return gravity ? gravity : parsePoint(text);
}

std::optional<std::uint8_t> parseQuarterTurns(std::string_view text) {
    constexpr std::array<Word<std::uint8_t>, 5> turns = {
        {{"0", 0}, {"90", 1}, {"180", 2}, {"270", 3}, {"360", 0}}};
    return meaningOf<std::uint8_t>(text, turns);
}

// Cloudflare does not publish the numbers of its words. These are near its default of 85, where a
// step still saves bytes before it becomes visible.
std::optional<std::uint8_t> parseQuality(std::string_view text) {
    constexpr std::array<Word<std::uint8_t>, 4> qualities = {
        {{"high", 90}, {"medium-high", 80}, {"medium-low", 65}, {"low", 50}}};
    if (const auto quality = meaningOf<std::uint8_t>(text, qualities)) {
        return quality;
    }
    const auto number = wholeNumberUpTo(text, 100);
    return number && *number > 0 ? std::optional(static_cast<std::uint8_t>(*number)) : std::nullopt;
}

std::optional<Metadata> parseMetadata(std::string_view text) {
    constexpr std::array<Word<Metadata>, 3> kinds = {{
        {"keep", Metadata::keep},
        {"copyright", Metadata::copyright},
        {"none", Metadata::none},
    }};
    return meaningOf<Metadata>(text, kinds);
}

// The decimal point makes the difference: "1" is a pixel, "1.0" is everything.
std::optional<Length> parseTrimLength(std::string_view text) {
    const bool isFraction = text.find('.') != std::string_view::npos;
    std::optional<double> number;
    if (isFraction) {
        number = numberUpTo(text, 1);
    } else if (const auto whole = wholeNumberUpTo(text, maxWholeSide)) {
        number = static_cast<double>(*whole);
    }
    if (!number) {
        return std::nullopt;
    }
    if (*number == 0) {
        return Length{};
    }
    return Length{isFraction ? Length::Unit::fraction : Length::Unit::pixels, *number, {}};
}

std::optional<Trim> parseTrimSides(std::string_view text) {
    Trim trim;
    trim.kind = Trim::Kind::sides;
    for (Length* side : {&trim.top, &trim.right, &trim.bottom, &trim.left}) {
        const auto end = text.find(';');
        const bool isLast = side == &trim.left;
        const auto length = parseTrimLength(text.substr(0, end));
        if (!length || isLast != (end == std::string_view::npos)) {
            return std::nullopt;
        }
        *side = *length;
        text.remove_prefix(isLast ? text.size() : end + 1);
    }
    return trim;
}

}  // namespace private_image::cloudflare
