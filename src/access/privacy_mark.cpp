// Which words mean private. Which headers carry them, and what silence means, is left to the
// callers.
#include "access/privacy_mark.hpp"

#include <algorithm>
#include <array>

namespace private_image {
namespace {

constexpr std::array<std::string_view, 5> notPrivateWords{"false", "0", "no", "off", ""};

std::string_view trimmed(std::string_view value) {
    const std::size_t begin = value.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return value.substr(begin, value.find_last_not_of(" \t") - begin + 1);
}

char lowered(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isWord(std::string_view value, std::string_view lowerCaseWord) {
    return std::ranges::equal(value, lowerCaseWord, {}, lowered);
}

}  // namespace

bool flagMeansPrivate(std::string_view value) {
    const std::string_view said = trimmed(value);
    return std::ranges::none_of(notPrivateWords,
                                [said](std::string_view word) { return isWord(said, word); });
}

Mark combine(Mark a, Mark b) {
    if (a == Mark::privateImage || b == Mark::privateImage) {
        return Mark::privateImage;
    }
    if (a == Mark::publicImage || b == Mark::publicImage) {
        return Mark::publicImage;
    }
    return Mark::unknown;
}

std::string_view markWord(Mark mark) {
    switch (mark) {
        case Mark::privateImage:
            return "private";
        case Mark::publicImage:
            return "public";
        case Mark::unknown:
            return "";
    }
    return "";
}

}  // namespace private_image
