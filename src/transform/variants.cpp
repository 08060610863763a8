// Rules for the names of variants.
#include "transform/variants.hpp"

#include <algorithm>

namespace private_image {

namespace {

constexpr std::size_t maxVariantNameLength = 99;

bool isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

}  // namespace

bool isVariantName(std::string_view name) {
    // NGINX resolves dot segments before the dialect sees them, so no request could name these.
    if (name == "." || name == "..") {
        return false;
    }
    return !name.empty() && name.size() <= maxVariantNameLength &&
           std::ranges::all_of(name, isNameCharacter);
}

}  // namespace private_image
