// What a client's Accept and client hints make of a request. Chooses nothing by itself.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Fills what depends on the client into the context, and settles automatic sides, densities and
// qualities of what was parsed.
void negotiate(RequestContext& context, ParsedRequest& parsed);

}  // namespace private_image
