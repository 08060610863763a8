// Segments and parameters of ImageKit's URLs that have a meaning of their own.
#pragma once

#include <string_view>
#include <vector>

#include "dialect/imagekit/imagekit.hpp"

namespace private_image::imagekit {

inline constexpr std::string_view aliasFolder = "ik-seo";
inline constexpr std::string_view thumbnailName = "ik-thumbnail.jpg";

inline constexpr std::string_view chainParameter = "tr";
inline constexpr std::string_view attachmentParameter = "ik-attachment";
inline constexpr std::string_view filenameParameter = "ik-attachment-filename";

inline bool isChainSegment(std::string_view segment) {
    return segment.starts_with(chainPrefix);
}

// Views on `text`, empty parts included; at least one.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace private_image::imagekit
