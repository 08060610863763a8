// Parses the grammar of transform/canonical, independently of the code that writes it.
#include "spelling/canonical_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/encoding.hpp"
#include "fuzzing.hpp"

namespace private_image::fuzzing {
namespace {

std::size_t groupEnd(std::string_view text) {
    int depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
        if (depth == 0) {
            return at;
        }
    }
    require(false, "parentheses are closed", text);
    return text.size();
}

}  // namespace

std::vector<std::string_view> takeGroups(std::string_view& rest) {
    std::vector<std::string_view> groups;
    while (rest.starts_with('(')) {
        const std::size_t end = groupEnd(rest);
        groups.push_back(rest.substr(1, end - 1));
        rest.remove_prefix(end + 1);
    }
    return groups;
}

std::vector<std::string_view> splitOutside(std::string_view text, char joint) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; !text.empty(); ++at) {
        if (at < text.size() && text[at] == '(') {
            at += groupEnd(text.substr(at));
        } else if (at >= text.size() || text[at] == joint) {
            parts.push_back(text.substr(0, at));
            text.remove_prefix(std::min(at + 1, text.size()));
            at = std::size_t(-1);
        }
    }
    return parts;
}

Fields::Fields(std::string_view text) {
    for (const std::string_view pair : splitOutside(text, ',')) {
        const std::size_t equals = pair.find('=');
        require(equals != pair.npos, "every key has a value", text);
        pairs_.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
}

std::optional<std::string_view> Fields::find(std::string_view key) const {
    const auto found = std::ranges::find(pairs_, key, &decltype(pairs_)::value_type::first);
    return found == pairs_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string_view> Fields::take(std::string_view key) {
    const auto found = std::ranges::find(pairs_, key, &decltype(pairs_)::value_type::first);
    if (found == pairs_.end()) {
        return std::nullopt;
    }
    const std::string_view value = found->second;
    pairs_.erase(found);
    return value;
}

std::string_view Fields::takeOr(std::string_view key, std::string_view otherwise) {
    return take(key).value_or(otherwise);
}

std::vector<std::string_view> Fields::takeAll(std::string_view key) {
    std::vector<std::string_view> values;
    while (const auto value = take(key)) {
        values.push_back(*value);
    }
    return values;
}

std::optional<Fields> Fields::takeGroup(std::string_view key) {
    auto value = take(key);
    if (!value) {
        return std::nullopt;
    }
    const auto groups = takeGroups(*value);
    require(groups.size() == 1 && value->empty(), "a value of parts is one group", key);
    return Fields(groups[0]);
}

double numberOf(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    require(error == std::errc{} && end == text.data() + text.size(), "a number is one", text);
    return number;
}

std::string decimalText(double number) {
    std::array<char, 352> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                            std::fabs(number), std::chars_format::fixed);
    std::string text(buffer.data(), end);
    if (text.starts_with("0.") && text.size() > 12) {
        text.erase(0, 1);
    }
    return error == std::errc{} && parseDecimal(text) == std::fabs(number)
               ? (number < 0 ? "N" : "") + text
               : "";
}

// Continued fractions.
std::optional<std::pair<std::string, std::string>> quotientOf(double number) {
    constexpr double most = 1e9;
    double rest = std::fabs(number);
    double above = 1, aboveBefore = 0, below = 0, belowBefore = 1;
    for (int i = 0; i < 30; ++i) {
        const double whole = std::floor(rest);
        aboveBefore = std::exchange(above, whole * above + aboveBefore);
        belowBefore = std::exchange(below, whole * below + belowBefore);
        if (above > most || below > most) {
            return std::nullopt;
        }
        if (above / below == std::fabs(number)) {
            return std::pair(decimalText(number < 0 ? -above : above), decimalText(below));
        }
        rest = 1 / (rest - whole);
    }
    return std::nullopt;
}

}  // namespace private_image::fuzzing
