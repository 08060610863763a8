// Reads the mark from an origin's answer and from private_image_mark. Judges nothing.
#pragma once

#include "access/privacy_mark.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

// The flag headers of the answer, in the list for the client and in the upstream's own, which
// also holds what proxy_hide_header hides; not those of an image that was refused before an
// error_page led here. Unknown if there is none.
Mark readFlagHeaders(ngx_http_request_t* r, const RequestContext& context);

// private_image_mark of the location that `r` is in; unknown if it has none or fails (then
// `failed` is set).
Mark evaluateMarkHere(ngx_http_request_t* r, bool& failed);

// private_image_mark of the gate's location for the image at `path`, before the origin is asked.
Mark evaluateMarkOfGate(RequestContext& context, std::string_view path, bool& failed);

// What an answer says of its image: flags, private_image_mark of the origin's location, and what
// was seen on the way; unknown if nobody said anything. What the gate's own private_image_mark says
// is asked anew for every request, and no part of it.
Mark saidByAnswer(const RequestContext& context, ngx_http_request_t* r, Mark onTheWay,
                  bool& failed);

// True if the location that answered can be reached around the gate; and the log's words for it.
bool isReachableAroundGate(ngx_http_request_t* r);
std::string reachableDetail(ngx_http_request_t* r);

// True if the content phase answers: a handler of a location, not `return`, limits or access rules.
bool isInContentPhase(const ngx_http_request_t* r);

// True for what NGINX takes for HTTP/0.9: there are no headers, so there can be no mark.
bool isAnsweredWithoutHeaders(const RequestContext& context, ngx_http_request_t* r);

// The mark of the error page that a request was led to. The headers of the image for which it
// stands do not count, but the gate's rules for that image do, where the page may be the same.
Mark markOfErrorPage(RequestContext& context);

// The mark of what a subrequest of the answer shows besides: an include by SSI or add_after_body.
Mark markOfInclude(RequestContext& context, ngx_http_request_t* r);

// True if add_header of the location writes a flag that means private into this answer.
bool addsPrivateFlag(RequestContext& context);

// True if the answer's headers hold a flag that means private.
bool carriesPrivateFlag(RequestContext& context);

// What an original, or what is fetched, failed with, where error_page answers in its place.
ngx_uint_t statusOfError(const RequestContext& context, const ngx_http_request_t* r);

// What one gate says of its image to the next, where an internal redirect has led on to that under
// the same name: that it is private, or nothing.
Mark markForNextGate(RequestContext& gate);

// SERVER_REWRITE and REWRITE phases: an answer has led elsewhere inside NGINX (X-Accel-Redirect,
// error_page); keeps its mark.
ngx_int_t keepMarkOnTheWay(ngx_http_request_t* r);

// True for headers that only concern the origin's storage: flags, x-amz-*, x-goog-*, x-ms-*.
bool isOriginsOwnHeader(std::string_view lowerCaseName, const Gate& gate);

}  // namespace private_image
