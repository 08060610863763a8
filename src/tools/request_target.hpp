// What reaches NGINX of a URL, and what NGINX makes of it before any module sees it. Knows no
// dialect.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image::tools {

// Eight times what NGINX reads unless it is told to.
inline constexpr std::size_t maxTargetLength = 65536;

struct RequestTarget {
    std::string host;  // without user and port; empty where a path was given
    std::string raw;   // path and query, byte for byte
};

// Of "https://host/path?query", or of a path. The error is a sentence.
Result<RequestTarget, std::string> requestTargetOf(std::string_view url);

// The path decoded, with slashes merged, as NGINX hands it to locations; dots are left to those who
// refuse them. The error is why NGINX itself answers 400.
Result<std::string, std::string> normalisedUri(std::string_view rawTarget);

// What stands behind the first "?".
std::string_view rawQueryOf(std::string_view rawTarget);

}  // namespace private_image::tools
