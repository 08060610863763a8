// The source in a URL of the form <options>/<source>: a path on this server.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image::cloudflare {

// The part of the path before options that come first.
inline constexpr std::string_view optionsFirstPrefix = "/cdn-cgi/image/";

// Returns the decoded path with exactly one leading slash. `source`: decoded, "img/a.jpg", or
// "https://host/img/a.jpg", of which NGINX may have merged two slashes into one. `host`: this
// server's name, without a port. Refuses another server, a transformed image and an invalid path.
Result<std::string, std::string_view> sourcePath(std::string_view source, std::string_view host);

}  // namespace private_image::cloudflare
