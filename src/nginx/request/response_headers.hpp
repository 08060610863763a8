// What is set, replaced and removed on the way out. Does not know why.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Headers of an allowed original, of an answer that was judged.
void finishOriginalHeader(RequestContext& context);

// True if the origin told no revision of one of the sources.
bool lacksRevision(const RequestContext& context);

// With private_image_denied_status 404 a denial looks like a missing image in every respect. So
// does what the origin refuses: many, S3 among them, refuse what is not there.
bool looksMissing(const Gate& gate, Reason reason);

// True for a refusal that must look like a missing image, and for a missing image that must look
// like one.
bool isHidden(const RequestContext& context);

// The reason as the client is shown it.
Reason shownReason(const RequestContext& context);

// The strong ETag of what was rendered, with its quotes: entityTagLength characters.
inline constexpr std::size_t entityTagLength = 34;
std::string makeEntityTag(const RequestContext& context, const RenderJob& job);

// Sends a derivative as its record says: from the cache's file, or what was rendered from libvips'
// own memory. Returns what finalizes the request.
ngx_int_t sendDerivative(RequestContext& context);

// The header of an answer that may go out, behind add_header and expires: lifetimes, nosniff, error
// headers, and what must never reach a client is removed.
void finishHeader(RequestContext& context);

// Shows filters that store answers, before they decide, that this one is for its client alone.
void announcePrivate(RequestContext& context);

// The same of what proxy_pass_trailers lets pass behind the body, once it is there.
void removeTrailers(RequestContext& context);

}  // namespace private_image
