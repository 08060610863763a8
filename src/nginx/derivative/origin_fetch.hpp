// Fetches images for a derivative by subrequests: headers first (mark, status, length), then the
// bytes up to a limit; ends a fetch early. Knows no rendering.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Starts the subrequest. NGX_OK; NGX_DECLINED if the path is not one of this location's;
// NGX_ERROR if NGINX refuses.
ngx_int_t startFetch(RequestContext& context, Fetch& fetch);

// Header filter of a fetch: judges, and asks for the body or ends the fetch.
ngx_int_t filterFetchHeader(RequestContext& context, Fetch& fetch, ngx_http_request_t* r);

// Body filter of a fetch: keeps the bytes.
ngx_int_t filterFetchBody(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                          ngx_chain_t* in);

// The answer goes out without it: ends the fetch as far as NGINX lets us, and swallows the rest.
void abandonFetch(RequestContext& context, Fetch& fetch);

}  // namespace private_image
