#include "base/setting_values.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/encoding.hpp"

namespace private_image {
namespace {

// 1 without such a letter.
std::uint64_t unitOf(char letter) {
    switch (toLowerCase(letter)) {
        case 'k':
            return 1'000;
        case 'm':
            return 1'000'000;
        case 'g':
            return 1'000'000'000;
        default:
            return 1;
    }
}

}  // namespace

std::optional<std::uint64_t> parseCount(std::string_view text, const Range& range) {
    const std::uint64_t unit = text.empty() ? 1 : unitOf(text.back());
    text.remove_suffix(unit == 1 ? 0 : 1);
    const auto number = parseUnsigned(text, range.max);
    if (!number || *number > range.max / unit || !range.contains(*number * unit)) {
        return std::nullopt;
    }
    return *number * unit;
}

std::string choicesText(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); i++) {
        text.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
    }
    return text;
}

bool isHeaderName(std::string_view name) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
        return isLetterOrDigit(c) || others.find(c) != others.npos;
    });
}

bool isVariableName(std::string_view name) {
    return name.size() > 1 && name.front() == '$' &&
           std::ranges::all_of(name.substr(1),
                               [](char c) { return isLetterOrDigit(c) || c == '_'; });
}

std::string parsePrefix(std::string_view text) {
    if (!text.starts_with('/') || text.find_first_of("?#") != text.npos) {
        return {};
    }
    return std::string(text) + (text.ends_with('/') ? "" : "/");
}

std::optional<NameAndSize> parseNameAndSize(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos || colon == 0) {
        return std::nullopt;
    }
    return NameAndSize{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace private_image
