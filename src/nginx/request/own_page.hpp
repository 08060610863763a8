// NGINX's built-in error pages, as answers of a gate.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// True for the page that NGINX builds itself: an error that no error_page has led on from.
bool isBuiltInPage(const RequestContext& context);

// Ends the answer with NGINX's built-in page for the refusal, or for the error, and lets nothing
// else out. For header filters: a status that they return would be ignored for NGINX's own error
// pages, so the request is finalized here.
ngx_int_t refuseWithOwnPage(RequestContext& context);

}  // namespace private_image
