// How canonical texts spell single values and key=value pairs.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// The shortest text that reads back as the same number.
std::string numberText(double number);

// Eight hexadecimal digits, opacity last.
std::string colourText(const Colour& colour);

// A number, or a formula in parentheses.
std::string quantityText(const Quantity& quantity);

// Joined by "x".
std::string joinedText(const std::array<double, 4>& numbers);
std::string joinedText(const std::vector<double>& numbers);
std::string joinedText(const std::array<Quantity, 4>& quantities);
std::string joinedText(const std::array<Quantity, 8>& quantities);

// "key=value" pairs joined by commas.
class Pairs {
public:
    void add(std::string_view key, std::string_view value);
    void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
    void add(std::string_view key, double number) { add(key, numberText(number)); }
    void add(std::string_view key, const Colour& colour) { add(key, colourText(colour)); }
    void add(std::string_view key, const Quantity& value) { add(key, quantityText(value)); }
    void add(std::string_view key, const Length& length);
    void add(const Gravity& gravity);

    template <typename Value>
    void add(std::string_view key, const std::optional<Value>& value) {
        if (value) {
            add(key, *value);
        }
    }

    // Integers of any width.
    template <typename Number>
    void addNumber(std::string_view key, const std::optional<Number>& number) {
        if (number) {
            add(key, static_cast<double>(*number));
        }
    }

    // In parentheses; nothing if empty.
    void addFormula(std::string_view key, const Expression& formula);

    // Percent-encoded; nothing if empty.
    void addText(std::string_view key, std::string_view freeText);

    void addIf(bool isSet, std::string_view key);
    void addUnless(double neutral, std::string_view key, double number);
    void addUnless(const Colour& neutral, std::string_view key, const Colour& colour);
    void addUnless(const Quantity& neutral, std::string_view key, const Quantity& quantity);

    const std::string& text() const { return text_; }
    std::string inParentheses() const { return '(' + text_ + ')'; }

private:
    std::string text_;
};

}  // namespace private_image
