// Single values of ImageKit's chains, out of those of canonical texts. All are empty where there is
// no way to write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace private_image::fuzzing {

// Formulas are taken where a key takes them, and are the way to write numbers that a key would not
// take as such.
std::string quantityText(std::string_view value);
std::string formulaOf(double number);

std::string wholeText(std::string_view value);
std::string ratioText(std::string_view value);
std::string colourText(std::string_view eightDigits);
std::string placeText(std::string_view point);
std::string degreesText(std::string_view value);

// "N" is on a scale of so many parts to one.
std::string partsText(std::string_view value, int parts);

// "cw-gt-200" and its like, out of a list of alternatives.
std::string conditionText(std::string_view alternatives);

// Quantities that are joined by "x".
std::string joinedQuantities(std::string_view values);

std::string inBase64(std::string_view percentEncoded);

}  // namespace private_image::fuzzing
