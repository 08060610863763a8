// Parsers of single values of Cloudflare's options.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image::cloudflare {

// All of them return nothing if the text is not such a value.

// A whole number of pixels, 1 to 65535.
std::optional<Length> parseSide(std::string_view text);

// A side, or "auto".
std::optional<Length> parseWidth(std::string_view text);

// Sides joined by semicolons, at most maxBreakpoints.
std::optional<std::vector<double>> parseBreakpoints(std::string_view text);

// A decimal number from 0 to `max`.
std::optional<double> numberUpTo(std::string_view text, double max);

// A whole number from 0 to `max`.
std::optional<std::uint32_t> wholeNumberUpTo(std::string_view text, std::uint32_t max);

// A factor up to 100. 0 is ignored and becomes 1.
std::optional<double> parseFactor(std::string_view text);

// 0.01 to 100. 0 is ignored and becomes 1.
std::optional<double> parseGamma(std::string_view text);

// A factor up to 100. 0 is not ignored: it makes the image grey.
std::optional<double> parseSaturation(std::string_view text);

std::optional<Fit> parseFit(std::string_view text);

// "left", "auto", "face" or a point such as "0.5x0.33".
std::optional<Gravity> parseGravity(std::string_view text);

// 0, 90, 180, 270 or 360 degrees, as quarter turns clockwise, 0 to 3.
std::optional<std::uint8_t> parseQuarterTurns(std::string_view text);

// 1 to 100, or one of the words.
std::optional<std::uint8_t> parseQuality(std::string_view text);

std::optional<Metadata> parseMetadata(std::string_view text);

// The part that a trim removes from one side, or keeps: pixels, or a fraction if the text has a
// decimal point. 0 has no unit.
std::optional<Length> parseTrimLength(std::string_view text);

// "top;right;bottom;left"
std::optional<Trim> parseTrimSides(std::string_view text);

}  // namespace private_image::cloudflare
