// One spelling per transform, for cache keys, entity tags and logs. Knows no storage.
#pragma once

#include <string>

#include "transform/names.hpp"
#include "transform/normalise.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Of normalised transforms: equal ones have equal texts, different ones different texts; defaults
// are left out. Printable ASCII without blanks or quotes.
std::string canonicalText(const Transform& transform);

}  // namespace private_image
