// Parses conditions; the renderer compares the sizes.
#include "dialect/imagekit/condition.hpp"

#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "dialect/imagekit/values.hpp"

namespace private_image::imagekit {

namespace {

using Relation = Condition::Relation;

constexpr std::array<std::pair<std::string_view, Variable>, 6> properties = {{
    {"w", Variable::currentWidth},
    {"h", Variable::currentHeight},
    {"ar", Variable::currentRatio},
    {"iw", Variable::inputWidth},
    {"ih", Variable::inputHeight},
    {"iar", Variable::inputRatio},
}};

constexpr std::array<std::pair<std::string_view, Relation>, 6> relations = {{
    {"eq", Relation::equal},
    {"ne", Relation::unequal},
    {"gt", Relation::greater},
    {"gte", Relation::greaterEqual},
    {"lt", Relation::less},
    {"lte", Relation::lessEqual},
}};

// Removes the text before the next `joint` from the front of `rest`, and returns it; empty at the
// end.
std::optional<std::string_view> takePart(std::optional<std::string_view>& rest,
                                         std::string_view joint) {
    if (!rest) {
        return std::nullopt;
    }
    const auto end = rest->find(joint);
    const auto part = rest->substr(0, end);
    rest = end == std::string_view::npos ? std::nullopt
                                         : std::optional(rest->substr(end + joint.size()));
    return part;
}

std::optional<double> parseValue(std::string_view text, Variable property) {
    const bool isRatio = property == Variable::currentRatio || property == Variable::inputRatio;
    if (isRatio) {
        return parsePlainRatio(text);
    }
    const auto number = parseDecimal(text);
    return number && *number <= maxSide ? number : std::nullopt;
}

std::optional<Condition::Test> parseTest(std::string_view text) {
    std::optional<std::string_view> rest = text;
    const auto property = valueNamed(properties, *takePart(rest, "_"));
    const auto relation = valueNamed(relations, takePart(rest, "_").value_or(""));
    if (!property || !relation || !rest) {
        return std::nullopt;
    }
    const auto value = parseValue(*rest, *property);
    return value ? std::optional(Condition::Test{*property, *relation, *value}) : std::nullopt;
}

}  // namespace

std::optional<Condition> parseCondition(std::string_view text) {
    Condition condition;
    std::size_t count = 0;
    std::optional<std::string_view> alternatives = text;
    while (std::optional<std::string_view> tests = takePart(alternatives, "_or_")) {
        auto& allOf = condition.anyOf.emplace_back();
        while (const auto part = takePart(tests, "_and_")) {
            const auto test = parseTest(*part);
            if (!test || ++count > maxTests) {
                return std::nullopt;
            }
            allOf.push_back(*test);
        }
    }
    return condition;
}

}  // namespace private_image::imagekit
