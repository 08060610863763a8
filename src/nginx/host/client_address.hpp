// Whether a request comes from this machine.
#pragma once

#include <string_view>

#include "nginx/host/ngx.hpp"

namespace private_image {

// Empty for a request from this machine: its address, as `allow` and `deny` see it, is loopback or
// a unix socket, and no header shows that a proxy or a page of another origin sent it (see
// access/local_client.hpp). Else the reason, for the log.
std::string_view whyNotLocal(ngx_http_request_t* r);

// True if a proxy on this machine forwarded the request: its address is then not the client's.
bool isForwardedLocally(ngx_http_request_t* r);

}  // namespace private_image
