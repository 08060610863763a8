// Parses, evaluates and writes formulas over image sizes. Callers check the range of the values.
#include "transform/expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/encoding.hpp"

namespace private_image {

namespace {

// Larger values are not sizes, and products of sides would lose whole pixels.
constexpr double maxNumber = 1e9;

// The number of digits that parseDecimal() accepts, and one: expressionText() always writes a digit
// before the point.
constexpr std::size_t maxNumberLength = 12;

struct VariableSpelling {
    std::string_view name;
    Variable variable;
};

constexpr auto variables = std::to_array<VariableSpelling>({
    {"iw", Variable::inputWidth},
    {"ih", Variable::inputHeight},
    {"iar", Variable::inputRatio},
    {"cw", Variable::currentWidth},
    {"ch", Variable::currentHeight},
    {"car", Variable::currentRatio},
    {"bw", Variable::parentWidth},
    {"bh", Variable::parentHeight},
    {"bar", Variable::parentRatio},
});

struct OperatorSpelling {
    std::string_view name;
    Operator operation;
};

constexpr auto operators = std::to_array<OperatorSpelling>({
    {"add", Operator::add},
    {"sub", Operator::subtract},
    {"mul", Operator::multiply},
    {"div", Operator::divide},
    {"mod", Operator::modulo},
    {"pow", Operator::power},
});

bool isInScope(Variable variable, ExpressionScope scope) {
    const bool isOfParent = variable == Variable::parentWidth ||
                            variable == Variable::parentHeight || variable == Variable::parentRatio;
    switch (scope) {
        case ExpressionScope::image:
            return !isOfParent;
        case ExpressionScope::imageLayer:
            return true;
        case ExpressionScope::otherLayer:
            return isOfParent;
    }
    return false;
}

// "200", "0.5" or "N40"
std::optional<double> parseNumber(std::string_view text) {
    const bool isNegative = text.starts_with('N');
    const auto digits = text.substr(isNegative ? 1 : 0);
    const std::size_t length = digits.size() + (digits.starts_with('.') ? 1 : 0);
    const auto number = length <= maxNumberLength ? parseDecimal(digits) : std::nullopt;
    if (!number || *number > maxNumber) {
        return std::nullopt;
    }
    return isNegative && *number != 0 ? -*number : *number;
}

std::optional<Operand> parseOperand(std::string_view text, ExpressionScope scope) {
    const auto found = std::ranges::find(variables, text, &VariableSpelling::name);
    if (found != variables.end()) {
        return isInScope(found->variable, scope) ? std::optional(Operand{found->variable})
                                                 : std::nullopt;
    }
    const auto number = parseNumber(text);
    return number ? std::optional(Operand{std::nullopt, *number}) : std::nullopt;
}

std::optional<Operator> parseOperator(std::string_view text) {
    const auto found = std::ranges::find(operators, text, &OperatorSpelling::name);
    return found == operators.end() ? std::nullopt : std::optional(found->operation);
}

// Takes the text before the next underscore from the front of `rest`; empty at the end.
std::optional<std::string_view> takeWord(std::optional<std::string_view>& rest) {
    if (!rest) {
        return std::nullopt;
    }
    const auto end = rest->find('_');
    const auto word = rest->substr(0, end);
    rest = end == std::string_view::npos ? std::nullopt : std::optional(rest->substr(end + 1));
    return word;
}

double valueOf(const Operand& operand, const ImageSizes& sizes) {
    if (!operand.variable) {
        return operand.number;
    }
    switch (*operand.variable) {
        case Variable::inputWidth:
            return sizes.inputWidth;
        case Variable::inputHeight:
            return sizes.inputHeight;
        case Variable::inputRatio:
            return sizes.inputWidth / sizes.inputHeight;
        case Variable::currentWidth:
            return sizes.currentWidth;
        case Variable::currentHeight:
            return sizes.currentHeight;
        case Variable::currentRatio:
            return sizes.currentWidth / sizes.currentHeight;
        case Variable::parentWidth:
            return sizes.parentWidth;
        case Variable::parentHeight:
            return sizes.parentHeight;
        case Variable::parentRatio:
            return sizes.parentWidth / sizes.parentHeight;
    }
    return 0;
}

double applied(Operator operation, double left, double right) {
    switch (operation) {
        case Operator::add:
            return left + right;
        case Operator::subtract:
            return left - right;
        case Operator::multiply:
            return left * right;
        case Operator::divide:
            return left / right;
        case Operator::modulo:
            return std::fmod(left, right);
        case Operator::power:
            return std::pow(left, right);
    }
    return 0;
}

int roundOf(Operator operation) {
    switch (operation) {
        case Operator::multiply:
        case Operator::divide:
            return 0;
        case Operator::add:
        case Operator::subtract:
            return 1;
        case Operator::modulo:
            return 2;
        case Operator::power:
            return 3;
    }
    return 3;
}

constexpr int roundCount = 4;

// A part of a formula that is not evaluated yet. Each round evaluates the operators of one
// precedence.
struct Term {
    double value;
    Operator operation;  // between the previous term and this one
};
using Terms = std::vector<Term>;

// Applies one round's operators from left to right. False as soon as a value is not finite: a later
// operator could make it finite again, as a remainder by infinity does.
bool applyRound(Terms& terms, int round) {
    Terms remaining{terms.front()};
    for (std::size_t i = 1; i < terms.size(); ++i) {
        if (roundOf(terms[i].operation) != round) {
            remaining.push_back(terms[i]);
            continue;
        }
        double& value = remaining.back().value;
        value = applied(terms[i].operation, value, terms[i].value);
        if (!std::isfinite(value)) {
            return false;
        }
    }
    terms = std::move(remaining);
    return true;
}

// Without an exponent, since formulas cannot spell one.
std::string numberText(double number) {
    std::array<char, 352> buffer;  // the smallest double has 326 characters
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                            std::fabs(number), std::chars_format::fixed);
    const std::string digits = error == std::errc{} ? std::string(buffer.data(), end) : "";
    return number < 0 ? 'N' + digits : digits;
}

std::string_view operatorName(Operator operation) {
    return std::ranges::find(operators, operation, &OperatorSpelling::operation)->name;
}

std::string operandText(const Operand& operand) {
    return operand.variable ? std::string(variableName(*operand.variable))
                            : numberText(operand.number);
}

}  // namespace

std::string_view variableName(Variable variable) {
    return std::ranges::find(variables, variable, &VariableSpelling::variable)->name;
}

std::optional<Expression> parseExpression(std::string_view text, ExpressionScope scope) {
    Expression expression;
    Operator operation = Operand{}.operation;
    std::optional<std::string_view> rest = text;
    while (const auto word = takeWord(rest)) {
        auto operand = parseOperand(*word, scope);
        if (!operand || expression.operands.size() == maxExpressionLength) {
            return std::nullopt;
        }
        operand->operation = operation;
        expression.operands.push_back(*operand);
        const auto next = takeWord(rest);
        if (!next) {
            return expression;
        }
        const auto following = parseOperator(*next);
        if (!following) {
            return std::nullopt;
        }
        operation = *following;
    }
    return std::nullopt;  // ends with an operator
}

std::optional<double> evaluate(const Expression& expression, const ImageSizes& sizes) {
    if (expression.isEmpty()) {
        return std::nullopt;
    }
    Terms terms;
    terms.reserve(expression.operands.size());
    for (const Operand& operand : expression.operands) {
        terms.push_back({valueOf(operand, sizes), operand.operation});
        if (!std::isfinite(terms.back().value)) {
            return std::nullopt;
        }
    }
    for (int round = 0; round < roundCount; ++round) {
        if (!applyRound(terms, round)) {
            return std::nullopt;
        }
    }
    const double value = terms.front().value;
    return std::fabs(value) <= maxNumber ? std::optional(value) : std::nullopt;
}

std::string expressionText(const Expression& expression) {
    std::string text;
    for (const Operand& operand : expression.operands) {
        if (!text.empty()) {
            text += '_';
            text += operatorName(operand.operation);
            text += '_';
        }
        text += operandText(operand);
    }
    return text;
}

}  // namespace private_image
