// The headers of an origin's answer that proxy_ignore_headers names, or fastcgi_ignore_headers,
// uwsgi_ignore_headers or scgi_ignore_headers.
#pragma once

#include "access/cache_lifetime.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// The headers ignored by the location that answered, and those ignored by the gate's location with
// the directive of the same module. None if no upstream answered.
IgnoredHeaders ignoredHeaders(ngx_http_request_t* r, void** gateLocations);

}  // namespace private_image
