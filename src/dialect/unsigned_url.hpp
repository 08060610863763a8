// A URL to be signed, in the spelling that clients will send.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image {

struct UnsignedUrl {
    std::string origin;  // scheme and host in lower case, without a default port; empty: a path
    std::string path;    // percent-encoded; begins with the prefix
    std::string query;   // percent-encoded, with "?"; empty without parameters
};

// `url` is absolute (http or https) or a path. Characters that clients' URL parsers encode are
// encoded in the same way, because the signature must cover the bytes that they send: blanks,
// non-ASCII, which must be UTF-8, and "^{}`\"<>". Existing escapes stay unchanged. The error is a
// sentence for the person who wants the URL signed: it does not begin with the prefix, a gate would
// refuse it, or it has a fragment or a user.
Result<UnsignedUrl, std::string> readUnsignedUrl(std::string_view url, std::string_view prefix);

// The size limit in bytes, before and after signing: by default, NGINX reads no longer request
// line.
inline constexpr std::size_t maxUrlLength = 8192;

}  // namespace private_image
