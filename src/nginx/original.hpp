// Delivers an untouched original by the location's own handler, judged on the way back. Knows no
// pixels.
#pragma once

#include "nginx/request.hpp"

namespace private_image {

// Sends the main request on to the origin. Returns what a PRECONTENT handler returns.
ngx_int_t deliverOriginal(RequestContext& context);

// private_image_timeout has passed: ends the request to the origin, as soon as NGINX lets us.
void onOriginalDeadline(RequestContext& context);

// Header filter of a request that was judged, and that an error_page has led elsewhere since: a
// private image is no error page.
ngx_int_t filterErrorPage(RequestContext& context);

// Header filter of an original that was not judged yet.
ngx_int_t filterOriginalHeader(RequestContext& context);

// Body filter of an original that S3 refused: reads why, and refuses it at the end.
ngx_int_t filterStorageError(RequestContext& context, ngx_chain_t* in);

}  // namespace private_image
