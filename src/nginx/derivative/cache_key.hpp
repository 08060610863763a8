// The key of a derivative in the cache.
#pragma once

#include <string>

#include "nginx/request/request.hpp"

namespace private_image {

// Identity, origin URI, and every resolved input that decides the derivative's bytes: four parts
// with a bar between them. No part has a bar in it, and the first three have no blank.
std::string cacheKey(const RequestContext& context);

}  // namespace private_image
