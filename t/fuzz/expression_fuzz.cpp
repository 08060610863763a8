// Parses and evaluates ImageKit's formulas and conditions in every scope.
#include <cmath>

#include "dialect/imagekit/condition.hpp"
#include "fuzzing.hpp"
#include "render/plan.hpp"

namespace private_image::fuzzing {
namespace {

constexpr ImageSizes everySizes[] = {
    {640, 480, 320, 240, 1000, 50}, {1, 65535, 65535, 1, 0, 0}, {0, 0, 0, 0, 0, 0}};

void requireExpression(std::string_view text, ExpressionScope scope) {
    const auto expression = parseExpression(text, scope);
    if (!expression) {
        return;
    }
    require(!expression->isEmpty() && expression->operands.size() <= maxExpressionLength,
            "operands are counted", text);
    const std::string spelled = expressionText(*expression);
    require(parseExpression(spelled, scope) == expression, "what is spelled parses back", spelled);
    for (const ImageSizes& sizes : everySizes) {
        const auto value = evaluate(*expression, sizes);
        require(!value || std::fabs(*value) <= 1e9, "a value is bounded", text);
        const auto pixels = pixelsOf({0, *expression}, sizes);
        require(!pixels || value, "no value has no pixels", text);
    }
}

void requireCondition(std::string_view text) {
    const auto condition = imagekit::parseCondition(text);
    if (!condition) {
        return;
    }
    std::size_t tests = 0;
    for (const auto& allOf : condition->anyOf) {
        require(!allOf.empty(), "an alternative has a test", text);
        tests += allOf.size();
    }
    require(tests > 0 && tests <= imagekit::maxTests, "tests are counted", text);
    for (const ImageSizes& sizes : everySizes) {
        holds(*condition, sizes);
    }
}

}  // namespace
}  // namespace private_image::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace private_image;
    const std::string_view text = fuzzing::textOf(data, size);
    fuzzing::requireExpression(text, ExpressionScope::image);
    fuzzing::requireExpression(text, ExpressionScope::imageLayer);
    fuzzing::requireExpression(text, ExpressionScope::otherLayer);
    fuzzing::requireCondition(text);
    return 0;
}
