// One spelling for each transform, for cache keys, entity tags and logs.
#pragma once

#include <string>

#include "transform/names.hpp"
#include "transform/normalise.hpp"
#include "transform/transform.hpp"

namespace private_image {

// For normalised transforms: equal ones have equal texts, different ones different texts. Defaults
// are left out. Printable ASCII without blanks or quotes.
std::string canonicalText(const Transform& transform);

}  // namespace private_image
