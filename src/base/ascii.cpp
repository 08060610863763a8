#include "base/ascii.hpp"

#include <algorithm>

namespace private_image {
namespace {

constexpr char lowerCaseOf(char c) {
    return toLowerCase(c);
}

}  // namespace

std::string toLowerCase(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), lowerCaseOf);
    return lower;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lowerCaseOf, lowerCaseOf);
}

std::string_view trimmed(std::string_view text, std::string_view blanks) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace private_image
