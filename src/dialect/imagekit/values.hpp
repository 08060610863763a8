// Parsers of the values of ImageKit's keys: numbers, formulas, places, paths. Every parser returns
// nothing for a malformed value, and for one out of bounds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transform/expression.hpp"
#include "transform/transform.hpp"

namespace private_image::imagekit {

// Assigns a value. False, and nothing changed, if there is no value.
template <typename Target, typename Value>
bool assign(Target& target, const std::optional<Value>& value) {
    if (value) {
        target = *value;
    }
    return value.has_value();
}

// The value for the name in `table`.
template <typename Value, std::size_t size>
std::optional<Value> valueNamed(const std::array<std::pair<std::string_view, Value>, size>& table,
                                std::string_view name) {
    const auto found = std::ranges::find(table, name, &std::pair<std::string_view, Value>::first);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

// Splits at each separator into at most `max` parts; empty if there are more.
std::vector<std::string_view> splitAt(std::string_view text, char separator, std::size_t max);

// "true" or "false"
std::optional<bool> parseBoolean(std::string_view text);

// Digits alone, within the bounds.
std::optional<std::uint32_t> parseWhole(std::string_view text, std::uint32_t min,
                                        std::uint32_t max);

// A whole number with N before it if it is negative; from -max to max.
std::optional<std::int32_t> parseSigned(std::string_view text, std::uint32_t max);

// A number with or without a fraction, with N before it if it is negative; from -max to max.
std::optional<double> parseDegrees(std::string_view text, double max);

// A number with or without a fraction, above 0.
std::optional<double> parsePositive(std::string_view text, double max);

// A number or a formula. The bounds apply to the number, and to the value of a formula that does
// not depend on the image.
std::optional<Quantity> parseBounded(std::string_view text, double min, double max,
                                     ExpressionScope scope);

// Pixels: a whole number from `min` to 65535, or a formula. If `min` is below 0: from -65535, with
// N before negative numbers.
std::optional<Quantity> parsePixels(std::string_view text, int min, ExpressionScope scope);

// Pixels, a fraction of the source up to 1, which is all of it, or a formula. Above 65535 ImageKit
// ignores the key: the result is a Length without unit.
std::optional<Length> parseSide(std::string_view text, ExpressionScope scope);

// "4-3", "4_3" or "1.33"
std::optional<double> parsePlainRatio(std::string_view text);

// A ratio or a formula.
std::optional<Quantity> parseRatio(std::string_view text, ExpressionScope scope);

// One of the nine places, as fractions of the whole from the left and the top.
std::optional<Gravity> parsePlace(std::string_view text);

// Replaces each "@@" by "/".
std::string withSlashes(std::string_view text);

// The path of a layer or a default image, with a leading slash. It is fetched from the same origin,
// so the rules for the path of a request apply.
std::optional<std::string> parsePath(std::string_view text);
std::optional<std::string> parseEncodedPath(std::string_view text);

}  // namespace private_image::imagekit
