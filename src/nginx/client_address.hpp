// Whether a client is on this machine. What that allows is left to the callers.
#pragma once

#include "nginx/ngx.hpp"

namespace private_image {

// Loopback addresses and unix sockets. By the address that allow and deny see: behind a proxy on
// this machine it is realip that tells whose it is.
bool isLocalClient(ngx_http_request_t* r);

}  // namespace private_image
