// Applies a client's Accept and client hints to its request.
#pragma once

#include "nginx/request/request.hpp"

namespace private_image {

// Fills what depends on the client into the context, and resolves automatic sides, densities and
// qualities of what was parsed.
void negotiate(RequestContext& context, ParsedRequest& parsed);

}  // namespace private_image
