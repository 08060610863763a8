#include "base/known_variables.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace private_image {

namespace {

bool isNameCharacter(char c) {
    return isLetterOrDigit(c) || c == '_';
}

// Takes the name at the start of `rest`, which follows "$".
std::string_view takeName(std::string_view& rest) {
    const bool isBraced = rest.starts_with('{');
    rest.remove_prefix(isBraced ? 1 : 0);
    const auto end = std::ranges::find_if_not(rest, isNameCharacter);
    const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(name.size());
    if (!isBraced) {
        return name;
    }
    if (!rest.starts_with('}')) {
        return {};
    }
    rest.remove_prefix(1);
    return name;
}

}  // namespace

std::optional<std::string> expandVariables(std::string_view text,
                                           std::span<const KnownVariable> known) {
    std::string result;
    for (std::size_t dollar; (dollar = text.find('$')) != text.npos;) {
        result += text.substr(0, dollar);
        text.remove_prefix(dollar + 1);
        const std::string_view name = takeName(text);
        const auto variable = std::ranges::find(known, name, &KnownVariable::name);
        if (variable == known.end()) {
            return std::nullopt;
        }
        result += variable->value;
    }
    return result.append(text);
}

}  // namespace private_image
