// The source that a URL of the form <options>/<source> names: a path on this server. Options and
// everything else are left to others.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace private_image::cloudflare {

// What stands before options wherever they come first.
inline constexpr std::string_view optionsFirstPrefix = "/cdn-cgi/image/";

// The decoded path, with exactly one slash in front. `source`: decoded, "img/a.jpg", or
// "https://host/img/a.jpg", of whose slashes NGINX may have merged two into one. `host`: this
// server's name, without a port. The error is the error: another server, a transformed image, a
// path that cannot be.
Result<std::string, std::string_view> sourcePath(std::string_view source, std::string_view host);

}  // namespace private_image::cloudflare
