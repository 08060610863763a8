// Counts requests for the status page.
#pragma once

namespace private_image {

struct RequestContext;

// LOG phase: counts a request that came through a gate, and its times with the origin.
void countRequest(const RequestContext& context);

}  // namespace private_image
