// A URL that is to be signed, taken apart and spelled as clients will send it. Which signature it
// gets is left to the dialects.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image {

struct UnsignedUrl {
    std::string origin;  // scheme and host in lower case, without a default port; empty: a path
    std::string path;    // percent-encoded; begins with the prefix
    std::string query;   // percent-encoded, with "?"; empty where nothing stands behind that
};

// `url` is absolute (http or https) or a path. What the URL parsers of clients encode on their own
// is encoded as they do it, else the signature would be over other bytes than they send: blanks,
// non-ASCII, which has to be UTF-8, and "^{}`\"<>". Every escape stays as it is. The error is a
// sentence for whoever wants it signed: a URL that does not begin with the prefix, that no gate
// would serve, or that says more than where an image is (a fragment, a user).
Result<UnsignedUrl, std::string> readUnsignedUrl(std::string_view url, std::string_view prefix);

// In bytes, before and after it is signed: NGINX reads no longer request line, unless told to.
inline constexpr std::size_t maxUrlLength = 8192;

}  // namespace private_image
