// Names to transforms, and whether each is public. Knows no requests.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

struct Variant {
    std::string name;
    bool isPublic = false;
    bool isOriginal = false;  // OPTIONS was `original`: delivers the untouched original
    Transform transform;      // Metadata::none always where isPublic
};

// Keyed by name; std::less<> so that views find.
using Variants = std::map<std::string, Variant, std::less<>>;
using Watermarks = std::map<std::string, const Watermark*, std::less<>>;

// A name that both grammars can carry: 1 to 99 of A-Z a-z 0-9 _ - and ".".
bool isVariantName(std::string_view name);

}  // namespace private_image
