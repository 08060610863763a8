// Every answer of a gate's location passes here before any other module sees it. No answer leaves
// that the gate has not judged: an original, a derivative, the gate's own refusal, an error page, a
// slice, an include, or NGINX's built-in page; anything else is refused as `internal`.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// The first header filter of all.
ngx_int_t filterHeader(ngx_http_request_t* r);

// Runs after add_header and expires: writes the lifetime, removes the origin's own headers, and
// refuses what was not judged or carries a private flag though it was judged public.
ngx_int_t filterLastHeader(ngx_http_request_t* r);

ngx_int_t filterBody(ngx_http_request_t* r, ngx_chain_t* in);

// The first body filter of all: a file whose bytes come next is judged by its own descriptor, since
// another one may have taken its name after the header was judged.
ngx_int_t filterFirstBody(ngx_http_request_t* r, ngx_chain_t* in);

// Puts the filters into NGINX's chains, in whose order these are called: the filter of bodies
// after the copy filter, the last filter of headers after add_header, the first ones before all
// others.
void addBodyFilter();
void addLastHeaderFilter();
void addFirstFilters(ngx_conf_t* cf);

}  // namespace private_image
