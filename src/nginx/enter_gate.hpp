// Where a request meets the gate of its location: the gate claims it, refuses what can be refused
// before the origin is asked, and sends the rest on to an original or a derivative.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// REWRITE, before every other handler of that phase: a client's request that NGINX has placed into
// a gate's location belongs to that gate from here on, whichever phase answers it.
ngx_int_t claimRequest(ngx_http_request_t* r);

// PRECONTENT: judges what can be judged now and sends the request on its way.
ngx_int_t enterGate(ngx_http_request_t* r);

}  // namespace private_image
