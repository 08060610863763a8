// Numbers, lengths, colours and pairs of the canonical grammar.
#include "transform/canonical_values.hpp"

#include <charconv>

#include "base/encoding.hpp"

namespace private_image {

namespace {

template <typename Values, typename Spelling>
std::string joined(const Values& values, Spelling spelling) {
    std::string text;
    for (const auto& value : values) {
        text += text.empty() ? "" : "x";
        text += spelling(value);
    }
    return text;
}

std::string formulaText(const Expression& formula) {
    return '(' + expressionText(formula) + ')';
}

}  // namespace

std::string numberText(double number) {
    std::array<char, 32> buffer;
    // Adding 0 turns -0 into 0, which compares equal and must look equal.
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number + 0.0);
    return error == std::errc{} ? std::string(buffer.data(), end) : std::string();
}

std::string colourText(const Colour& colour) {
    const std::array<unsigned char, 4> channels = {colour.red, colour.green, colour.blue,
                                                   colour.alpha};
    return toHex(channels);
}

std::string quantityText(const Quantity& quantity) {
    return quantity.formula.isEmpty() ? numberText(quantity.constant)
                                      : formulaText(quantity.formula);
}

std::string joinedText(const std::array<double, 4>& numbers) {
    return joined(numbers, numberText);
}

std::string joinedText(const std::vector<double>& numbers) {
    return joined(numbers, numberText);
}

std::string joinedText(const std::array<Quantity, 4>& quantities) {
    return joined(quantities, quantityText);
}

std::string joinedText(const std::array<Quantity, 8>& quantities) {
    return joined(quantities, quantityText);
}

void Pairs::add(std::string_view key, std::string_view value) {
    if (!text_.empty()) {
        text_ += ',';
    }
    text_ += key;
    text_ += '=';
    text_ += value;
}

// The "x" distinguishes a fraction from pixels, as in "times the source's side".
void Pairs::add(std::string_view key, const Length& length) {
    switch (length.unit) {
        case Length::Unit::none:
            return;
        case Length::Unit::pixels:
            return add(key, numberText(length.value));
        case Length::Unit::fraction:
            return add(key, numberText(length.value) + 'x');
        case Length::Unit::formula:
            return add(key, formulaText(length.formula));
        case Length::Unit::automatic:
            return add(key, "auto");
    }
}

void Pairs::add(const Gravity& gravity) {
    if (gravity.kind == Gravity::Kind::attention) {
        add("keep", "attention");
    }
    if (gravity.x != Gravity{}.x || gravity.y != Gravity{}.y) {
        add("at", numberText(gravity.x) + 'x' + numberText(gravity.y));
    }
}

void Pairs::addFormula(std::string_view key, const Expression& formula) {
    if (!formula.isEmpty()) {
        add(key, formulaText(formula));
    }
}

void Pairs::addText(std::string_view key, std::string_view freeText) {
    if (!freeText.empty()) {
        add(key, percentEncodePath(freeText));
    }
}

void Pairs::addIf(bool isSet, std::string_view key) {
    if (isSet) {
        add(key, "true");
    }
}

void Pairs::addUnless(double neutral, std::string_view key, double number) {
    if (number != neutral) {
        add(key, number);
    }
}

void Pairs::addUnless(const Colour& neutral, std::string_view key, const Colour& colour) {
    if (colour != neutral) {
        add(key, colour);
    }
}

void Pairs::addUnless(const Quantity& neutral, std::string_view key, const Quantity& quantity) {
    if (quantity != neutral) {
        add(key, quantity);
    }
}

}  // namespace private_image
