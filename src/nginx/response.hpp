// What is set, replaced and removed on the way out. Does not know why.
#pragma once

#include "nginx/request.hpp"

namespace private_image {

// Installed by module: the filters behind ours.
ngx_int_t nextHeaderFilter(ngx_http_request_t* r);

// Headers of an allowed original, of an answer that was judged.
void finishOriginalHeader(RequestContext& context);

// True if the origin told no revision of one of the sources.
bool lacksRevision(const RequestContext& context);

// The reason as the client is shown it.
Reason shownReason(const RequestContext& context);

// Sends a rendered derivative from libvips' own memory. Returns what finalizes the request.
ngx_int_t sendDerivative(RequestContext& context);

// The last header filter of ours, behind add_header and expires: lifetimes, nosniff, error
// headers, and what must never reach a client.
ngx_int_t filterLastHeader(RequestContext& context);

}  // namespace private_image
