// Values that both uploads and changes of ImageKit's files have.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace private_image::upload {

inline constexpr std::size_t maxTagsBytes = 500;  // of all tags, joined by commas

inline constexpr std::string_view tagsAdvice = "must be UTF-8 of at most 500 characters without %";
inline constexpr std::string_view coordinatesAdvice = "must be x,y,width,height in whole pixels";

// The items without blanks around them; an empty text has one empty item.
std::vector<std::string_view> splitAtCommas(std::string_view list);

bool areTags(std::span<const std::string> tags);

bool areCoordinates(std::string_view text);

}  // namespace private_image::upload
