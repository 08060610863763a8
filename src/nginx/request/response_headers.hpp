// Sets, replaces and removes headers of answers.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Puts a header in place of all others with its name.
void setHeader(ngx_http_request_t* r, std::string_view name, std::string_view value);

// Content-Disposition, where the URL names a download.
void addDisposition(RequestContext& context);

// `etag` of the gate's location; it holds for what NGINX or this module makes.
bool makesEntityTags(const RequestContext& context);

// Headers of an allowed original, of an answer that was judged.
void finishOriginalHeader(RequestContext& context);

// See looksMissing() in access/early_refusal.hpp.
bool looksMissing(const Gate& gate, Reason reason);

// True for a refusal that must look like a missing image, and for a missing image that must look
// like one.
bool isHidden(const RequestContext& context);

// The reason as the client is shown it.
Reason shownReason(const RequestContext& context);

// The header of an answer that may go out, after add_header and expires: sets lifetimes, nosniff
// and error headers, and removes what must never reach a client.
void finishHeader(RequestContext& context);

// Shows filters that store answers, before they decide, that this one is for its client alone.
void announcePrivate(RequestContext& context);

// Removes the same from what proxy_pass_trailers lets pass after the body.
void removeTrailers(RequestContext& context);

}  // namespace private_image
