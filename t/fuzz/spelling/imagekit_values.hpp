// Converts single values of canonical texts to ImageKit's notation. Empty if a value cannot be
// written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace private_image::fuzzing {

// Keys that accept formulas may get one for a number that they do not accept directly.
std::string quantityText(std::string_view value);
std::string formulaOf(double number);

std::string wholeText(std::string_view value);
std::string ratioText(std::string_view value);
std::string colourText(std::string_view eightDigits);
std::string placeText(std::string_view point);
std::string degreesText(std::string_view value);

// "N" is on a scale of so many parts to one.
std::string partsText(std::string_view value, int parts);

// Tests such as "cw-gt-200", from a list of alternatives.
std::string conditionText(std::string_view alternatives);

// Quantities that are joined by "x".
std::string joinedQuantities(std::string_view values);

std::string inBase64(std::string_view percentEncoded);

}  // namespace private_image::fuzzing
