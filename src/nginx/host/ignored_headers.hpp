// Which headers of an origin's answer proxy_ignore_headers disregards, and fastcgi_, uwsgi_ and
// scgi_ignore_headers.
#pragma once

#include "access/cache_lifetime.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// The headers that the location that answered ignores, and those that the gate's location ignores
// by the directive of the same module. None if no upstream answered.
IgnoredHeaders ignoredHeaders(ngx_http_request_t* r, void** gateLocations);

}  // namespace private_image
