// Variants by name: their transforms, and whether each is public.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

struct Variant {
    std::string name;
    bool isPublic = false;
    bool isOriginal = false;  // OPTIONS was `original`: delivers the original unchanged
    Transform transform;      // if isPublic, its metadata is Metadata::none
};

// Keyed by name; std::less<> allows look-ups by view.
using Variants = std::map<std::string, Variant, std::less<>>;
using Watermarks = std::map<std::string, const Watermark*, std::less<>>;

// A name that fits both grammars: 1 to 99 of A-Z a-z 0-9 _ - and ".".
bool isVariantName(std::string_view name);

}  // namespace private_image
