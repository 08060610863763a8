#include "upload/imagekit_api/field_values.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t maxCoordinate = 1'000'000'000;

}  // namespace

std::vector<std::string_view> splitAtCommas(std::string_view list) {
    std::vector<std::string_view> items;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        items.push_back(trimmed(list.substr(begin, end - begin)));
        begin = end + 1;
    }
    return items;
}

bool areTags(std::span<const std::string> tags) {
    std::size_t size = 0;
    for (const std::string& tag : tags) {
        size += tag.size() + 1;
        if (tag.find('%') != tag.npos || !isUtf8(tag)) {
            return false;
        }
    }
    return size <= maxTagsBytes + 1;
}

bool areCoordinates(std::string_view text) {
    const auto numbers = splitAtCommas(text);
    return numbers.size() == 4 && std::ranges::all_of(numbers, [](std::string_view number) {
               return parseUnsigned(number, maxCoordinate).has_value();
           });
}

}  // namespace private_image::upload
