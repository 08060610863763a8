// Photoshop's image resources, in which a JPEG's APP13 segment holds IPTC.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace private_image {

// A JPEG segment of 65533 bytes holds this much.
inline constexpr std::size_t maxResourcesLength = 65533;

// The resources with captions and rights alone, each with its bytes, in their order. The others
// are dropped: previews, which show what was cut away, clipping paths, guides and sizes. Takes
// `resources` as decoders hand them out: with Photoshop's name in front, or IPTC records alone, as
// TIFF holds them. Empty where nothing is left, or where it is too long.
std::string resourcesOfResult(std::string_view resources);

}  // namespace private_image
