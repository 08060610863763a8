// Delivers an untouched original by the location's own handler, judged on the way back. Knows no
// pixels.
#pragma once

#include <optional>

#include "nginx/request/request.hpp"

namespace private_image {

// Sends the main request on to the origin. Returns what a PRECONTENT handler returns.
ngx_int_t deliverOriginal(RequestContext& context);

// private_image_timeout has passed: ends the request to the origin, as soon as NGINX lets us.
void onOriginalDeadline(RequestContext& context);

// The header filters return what ends the answer, or nothing where it may go out.

// Header filter of a request that was judged, and that an error_page has led elsewhere since: a
// private image is no error page.
std::optional<ngx_int_t> filterErrorPage(RequestContext& context);

// True for the page that NGINX builds itself: an error that no error_page has led on from.
bool isBuiltInPage(const RequestContext& context);

// Refuses as page's own: only NGINX's built-in page for the refusal, or for the error, goes out.
ngx_int_t refuseWithOwnPage(RequestContext& context);

// True for the statuses that an original's answer may have.
bool isExpectedOfOriginal(const RequestContext& context, ngx_uint_t status);

// An error_page answers instead of an original that failed with `status`: the original is refused,
// and what comes is judged as an error page. `headersLost`: proxy_cache kept the error without
// them.
void refuseForErrorPage(RequestContext& context, ngx_uint_t status, bool headersLost);

// Header filter of an original that was not judged yet.
std::optional<ngx_int_t> filterOriginalHeader(RequestContext& context);

// Header filter of a further slice of an original: its mark may have changed since the first.
std::optional<ngx_int_t> filterSliceHeader(RequestContext& context, ngx_http_request_t* r);

// Body filter of an original that S3 refused: reads why, and refuses it at the end.
ngx_int_t filterStorageError(RequestContext& context, ngx_chain_t* in);

}  // namespace private_image
