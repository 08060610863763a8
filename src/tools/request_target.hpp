// The request target of a URL, and its path as NGINX passes it to modules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image::tools {

// In bytes: eight times what NGINX reads by default.
inline constexpr std::size_t maxTargetLength = 65536;

struct RequestTarget {
    std::string host;  // without user and port; empty where a path was given
    std::string raw;   // path and query, byte for byte
};

// Parses "https://host/path?query", or a path with its query. The error is a sentence.
Result<RequestTarget, std::string> requestTargetOf(std::string_view url);

// The path percent-decoded and with merged slashes, as NGINX passes it to locations. Dot segments
// remain: the dialects refuse them. The error is the reason for which NGINX itself answers 400.
Result<std::string, std::string> normalisedUri(std::string_view rawTarget);

// The text after the first "?"; empty without one.
std::string_view rawQueryOf(std::string_view rawTarget);

}  // namespace private_image::tools
