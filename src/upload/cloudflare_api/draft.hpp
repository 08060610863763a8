// An image whose one-time URL was issued and not used yet, as it is remembered until then.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "upload/image_details.hpp"

namespace private_image::upload {

struct Draft {
    bool isPrivate = false;
    ImageDetails details;
    std::array<unsigned char, 16> urlDigest{};  // of its one-time URL
    std::int64_t expires = 0;                   // unix seconds
};

// `detailsJson`: of toJson(), in place of Draft::details.
std::string draftText(const Draft& draft, std::string_view detailsJson);

// Of draftText(); empty for anything else.
std::optional<Draft> parseDraft(std::string_view text);

}  // namespace private_image::upload
