// Reads the mark of an image: from the headers of an answer, and from private_image_mark.
#pragma once

#include <string>
#include <string_view>

#include "access/privacy_mark.hpp"
#include "nginx/request/request.hpp"

namespace private_image {

// True if an upstream has answered `r` since the last answer that was judged.
bool hasNewUpstream(const RequestContext& context, const ngx_http_request_t* r);

// The flag headers of an upstream's answer, also what proxy_hide_header hides. Unknown without such
// a header.
Mark readFlagsOf(ngx_http_request_t* r, const Gate& gate);

// The flag headers of the answer, in the list for the client and in the upstream's own, which
// also holds what proxy_hide_header hides; not those of an image that was refused before an
// error_page led here. Unknown without such a header.
Mark readFlagHeaders(ngx_http_request_t* r, const RequestContext& context);

// The flags that add_header of the location writes into its answers. NGINX does it after the
// decision, and not at all for what is fetched for a derivative. Where a value cannot be evaluated,
// private, and `failed` is set.
Mark readAddedFlags(ngx_http_request_t* r, const RequestContext& context, bool& failed);

// private_image_mark of the location that `r` is in; unknown if it has none. Where it cannot be
// evaluated, private, and `failed` is set.
Mark evaluateMarkHere(ngx_http_request_t* r, bool& failed);

// private_image_mark of the gate's location for the image at `path`, before the origin is asked.
Mark evaluateMarkOfGate(RequestContext& context, std::string_view path, bool& failed);

// What an answer says of its image: flags, private_image_mark of the origin's location, and the
// mark of the answers that led to it; unknown if none of them says anything. The gate's own
// private_image_mark is evaluated anew for every request, and is no part of it.
Mark readMarkOfAnswer(const RequestContext& context, ngx_http_request_t* r, Mark redirectMark,
                      bool& failed);

// True if add_header of the location writes a flag that means private into this answer.
bool addsPrivateFlag(RequestContext& context);

// True if the answer's headers hold a flag that means private.
bool carriesPrivateFlag(RequestContext& context);

// True if the location that answered can be reached around the gate; and the log's words for it.
bool isReachableAroundGate(ngx_http_request_t* r);
std::string reachableDetail(ngx_http_request_t* r);

// True if the content phase answers: a handler of a location, not `return`, limits or access rules.
bool isInContentPhase(const ngx_http_request_t* r);

// True for what NGINX takes for HTTP/0.9: there are no headers, so there can be no mark.
bool isAnsweredWithoutHeaders(const RequestContext& context, ngx_http_request_t* r);

// True for headers that only concern the origin's storage: flags, x-amz-*, x-goog-*, x-ms-*.
bool isOriginsOwnHeader(std::string_view lowerCaseName, const Gate& gate);

}  // namespace private_image
