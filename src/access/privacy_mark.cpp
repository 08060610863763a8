#include "access/privacy_mark.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace private_image {
namespace {

constexpr std::array<std::string_view, 5> notPrivateWords{"false", "0", "no", "off", ""};

}  // namespace

bool flagMeansPrivate(std::string_view value) {
    const std::string_view word = trimmed(value);
    return std::ranges::none_of(notPrivateWords, [word](std::string_view notPrivate) {
        return equalsIgnoringCase(word, notPrivate);
    });
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
