// A part of a URL with its meaning, as the tool shows them.
#pragma once

#include <string>

#include "dialect/parsed_request.hpp"

namespace private_image {

struct UrlPart {
    std::string text;  // decoded in a path, as sent in a query
    std::string meaning;
};

inline constexpr const char* imagePathMeaning = "image path";
inline constexpr const char* signatureMeaning = "signature";
inline constexpr const char* expiryMeaning = "expiry of the signature";
inline constexpr const char* unusedMeaning = "of no meaning here, but covered by a signature";

// The meaning of a URL's options.
inline const char* optionsMeaning(const ParsedRequest& parsed) {
    return parsed.variant.empty() ? "transformation" : "variant";
}

}  // namespace private_image
