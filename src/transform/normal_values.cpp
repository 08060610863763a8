// Replaces formulas without variables by their value.
#include "transform/normal_values.hpp"

#include <algorithm>
#include <cmath>

namespace private_image {

namespace {

// The value of a formula that does not depend on an image.
std::optional<double> constantValue(const Expression& formula) {
    return hasVariable(formula) ? std::nullopt : evaluate(formula, {});
}

void normaliseOperands(Expression& formula) {
    for (Operand& operand : formula.operands) {
        if (operand.variable) {
            operand.number = 0;
        }
    }
}

// Empty if no image can have such a side.
std::optional<Length> lengthFrom(double value, double density) {
    if (!(value > 0)) {
        return std::nullopt;
    }
    if (value <= 1) {
        return Length{Length::Unit::fraction, value, {}};
    }
    const double pixels = std::max(1.0, std::round(value * density));
    return pixels <= maxSide ? std::optional(Length{Length::Unit::pixels, pixels, {}})
                             : std::nullopt;
}

}  // namespace

bool hasVariable(const Expression& formula) {
    return std::ranges::any_of(formula.operands, [](const Operand& operand) -> bool {
        return operand.variable.has_value();
    });
}

void normaliseQuantity(Quantity& quantity, double min, double max) {
    if (quantity.formula.isEmpty()) {
        quantity.formula = {};
        return;
    }
    quantity.constant = 0;
    normaliseOperands(quantity.formula);
    const auto value = constantValue(quantity.formula);
    if (value && *value >= min && *value <= max) {
        quantity = {*value, {}};
    }
}

void normaliseOffset(std::optional<Quantity>& offset) {
    if (offset) {
        normaliseQuantity(*offset, -maxSide, maxSide);
    }
}

void normaliseLength(Length& length, double density) {
    switch (length.unit) {
        case Length::Unit::pixels:
        case Length::Unit::fraction:
            length.formula = {};
            return;
        case Length::Unit::none:
        case Length::Unit::automatic:
            length = {length.unit, 0, {}};
            return;
        case Length::Unit::formula:
            break;
    }
    length.value = 0;
    normaliseOperands(length.formula);
    const auto value = constantValue(length.formula);
    const auto resolved = value ? lengthFrom(*value, density) : std::nullopt;
    if (resolved) {
        length = *resolved;
    }
}

Length normalOffset(Length length) {
    const bool isNothing = length.unit == Length::Unit::formula
                               ? constantValue(length.formula) == 0
                               : length.unit != Length::Unit::automatic && length.value == 0;
    normaliseLength(length, 1);
    return isNothing ? Length{} : length;
}

}  // namespace private_image
