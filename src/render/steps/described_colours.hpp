// Colours described by numbers become a profile, so that all that follows treats them alike.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image`, as decoded from `bytes`, with a profile of what describedColours() tells; sRGB needs
// none. Samples of 16 bits become 8 on the way where their curve is not sRGB's: then dark ones keep
// what 8 bits of that curve would lose.
Image withDescribedColours(const Image& image, SourceType type,
                           std::span<const unsigned char> bytes, std::optional<std::uint32_t> page);

}  // namespace private_image
