// A derivative's way: cache, others who ask for the same, fetch, render, answer. How each step is
// done is left to the files named after them.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Takes the request over from the location's own content handler. Returns what a PRECONTENT handler
// returns.
ngx_int_t enterWithDerivative(RequestContext& context);

// The header of a fetch that confirms an entry has shown that the original has changed: its body is
// wanted. False if nobody has a place to render it; then the fetch is refused.
bool takePlace(RequestContext& context);

// Answers a derivative's refusal, and lets others know that asked for the same.
void answerRefusal(RequestContext& context, Reason reason, const std::string& detail);

// private_image_timeout has passed.
void onDerivativeDeadline(RequestContext& context);

}  // namespace private_image
