// Turns colours described by numbers into a profile, so that later steps need only one way.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image`, as decoded from `bytes`, with a profile made from describedColours(); sRGB needs none.
// Samples of 16 bits whose curve is not sRGB's become 8 bits of that curve, which keeps detail in
// dark areas.
Image withDescribedColours(const Image& image, SourceType type,
                           std::span<const unsigned char> bytes, std::optional<std::uint32_t> page);

}  // namespace private_image
