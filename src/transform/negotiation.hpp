// The formats that an Accept header prefers.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// Those of `candidates` that the Accept value names with a weight above zero, heaviest first, in
// the order of `candidates` among equals. Wildcards do not count, since every client sends them.
std::vector<Format> acceptedFormats(std::string_view accept, std::span<const Format> candidates);

}  // namespace private_image
