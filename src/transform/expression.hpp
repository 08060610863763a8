// Numbers that depend on the image: arithmetic over sizes, as ImageKit's URLs spell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace private_image {

// Width, height and ratio of the source, of the image before this step, and (in a layer) of the
// image below the layer.
enum class Variable : std::uint8_t {
    inputWidth,
    inputHeight,
    inputRatio,
    currentWidth,
    currentHeight,
    currentRatio,
    parentWidth,
    parentHeight,
    parentRatio,
};

enum class Operator : std::uint8_t { add, subtract, multiply, divide, modulo, power };

struct Operand {
    std::optional<Variable> variable;
    double number = 0;  // unless it is a variable
    Operator operation =
        Operator::add;  // with the operand before it; ignored for the first operand
    bool operator==(const Operand&) const = default;
};

// Evaluated from left to right in four rounds: multiply and divide, add and subtract, modulo,
// power. At most maxExpressionLength operands. Empty: not a formula.
struct Expression {
    std::vector<Operand> operands;
    bool operator==(const Expression&) const = default;
    bool isEmpty() const { return operands.empty(); }
};

inline constexpr std::size_t maxExpressionLength = 16;

// Sizes in pixels. parentWidth and parentHeight are 0 outside of layers.
struct ImageSizes {
    double inputWidth = 0, inputHeight = 0;
    double currentWidth = 0, currentHeight = 0;
    double parentWidth = 0, parentHeight = 0;
};

enum class ExpressionScope : std::uint8_t {
    image,       // ih iw iar ch cw car
    imageLayer,  // these, and bh bw bar
    otherLayer,  // text and colour blocks: bh bw bar alone
};

// "iw_div_2_sub_N10" and so on; a single number ("200", "0.5", "N40") is one operand. Empty for any
// other text: unknown variables, two operators in a row, too many operands.
std::optional<Expression> parseExpression(std::string_view text, ExpressionScope scope);

// Empty if the value is not finite (division by zero, overflow) or beyond ±1e9.
std::optional<double> evaluate(const Expression& expression, const ImageSizes& sizes);

// The text that parses to the same expression; numbers in their shortest form.
std::string expressionText(const Expression& expression);

// "iw", "car"...
std::string_view variableName(Variable variable);

}  // namespace private_image
