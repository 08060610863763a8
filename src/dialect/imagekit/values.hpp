// The values of ImageKit's keys: numbers, formulas, places, paths. Every function refuses what is
// out of bounds; none knows which key it serves. Colours and effects have files of their own.
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

// False, and nothing changed, where there is no value.
template <typename Target, typename Value>
bool assign(Target& target, const std::optional<Value>& value) {
    if (value) {
        target = *value;
    }
    return value.has_value();
}

// What `table` has for the name.
template <typename Value, std::size_t size>
std::optional<Value> valueNamed(const std::array<std::pair<std::string_view, Value>, size>& table,
                                std::string_view name) {
    const auto found = std::ranges::find(table, name, &std::pair<std::string_view, Value>::first);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

// Splits at each separator, at most `most` parts; empty if there are more.
std::vector<std::string_view> splitAt(std::string_view text, char separator, std::size_t most);

// "true" or "false"
std::optional<bool> parseBoolean(std::string_view text);

// Digits alone, within the bounds.
std::optional<std::uint32_t> parseWhole(std::string_view text, std::uint32_t least,
                                        std::uint32_t most);

// The same, with N before it where it is negative; from -most to most.
std::optional<std::int32_t> parseSigned(std::string_view text, std::uint32_t most);

// With or without a fraction, N before it where it is negative; from -most to most.
std::optional<double> parseDegrees(std::string_view text, double most);

// With or without a fraction, above 0.
std::optional<double> parsePositive(std::string_view text, double most);

// A number or a formula. The bounds hold for the number, and for the value of a formula that
// depends on no image.
std::optional<Quantity> parseBounded(std::string_view text, double least, double most,
                                     ExpressionScope scope);

// Pixels: a whole number from `least` to 65535 (from -65535, N before it, where `least` is below
// 0), or a formula.
std::optional<Quantity> parsePixels(std::string_view text, int least, ExpressionScope scope);

// Pixels, a fraction of the source up to 1, which is all of it, or a formula. Above 65535 ImageKit
// ignores the key: a Length of no unit.
std::optional<Length> parseSide(std::string_view text, ExpressionScope scope);

// "4-3", "4_3" or "1.33"
std::optional<double> parsePlainRatio(std::string_view text);

// The same, or a formula.
std::optional<Quantity> parseRatio(std::string_view text, ExpressionScope scope);

// One of the nine places, as the part of the whole from the left and the top.
std::optional<Gravity> parsePlace(std::string_view text);

// "/" for each "@@".
std::string withSlashes(std::string_view text);

// Of a layer or a default image, with a leading slash: fetched from the same origin, so held to the
// same rules as the path of a request.
std::optional<std::string> parsePath(std::string_view text);
std::optional<std::string> parseEncodedPath(std::string_view text);

}  // namespace private_image::imagekit
