#include "access/content_coding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.hpp"

namespace private_image {
namespace {

using namespace std::string_view_literals;

constexpr std::array codings{"gzip"sv, "x-gzip"sv,   "deflate"sv,   "br"sv,
                             "zstd"sv, "compress"sv, "x-compress"sv};

bool isCoding(std::string_view word) {
    return std::ranges::any_of(
        codings, [&](std::string_view coding) { return equalsIgnoringCase(word, coding); });
}

}  // namespace

bool namesContentCoding(std::string_view contentEncoding) {
    constexpr std::string_view separators = ", \t";
    while (true) {
        const std::size_t begin = contentEncoding.find_first_not_of(separators);
        if (begin == std::string_view::npos) {
            return false;
        }
        contentEncoding.remove_prefix(begin);
        const std::size_t end =
            std::min(contentEncoding.find_first_of(separators), contentEncoding.size());
        if (isCoding(contentEncoding.substr(0, end))) {
            return true;
        }
        contentEncoding.remove_prefix(end);
    }
}

}  // namespace private_image
