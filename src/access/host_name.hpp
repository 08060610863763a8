// Host names of requests.
#pragma once

#include <string_view>

namespace private_image {

// True if the value of a Host header names the host that NGINX has taken for the request, in lower
// case and without port: the port, the dot at the end of a complete name and the case of letters do
// not count. An absolute request target overrides the header; an origin that got the header then
// would answer for another host than the one whose keys and identity count.
bool namesHost(std::string_view header, std::string_view taken);

}  // namespace private_image
