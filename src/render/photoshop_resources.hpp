// Photoshop's image resources, which hold IPTC in a JPEG's APP13 segment.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace private_image {

// The bytes that fit into a JPEG segment of 65533 bytes.
inline constexpr std::size_t maxResourcesLength = 65533;

// Keeps only the resources with captions and rights, each with its bytes, in their order. The
// others are dropped: previews, which show areas that were cut away, clipping paths, guides and
// sizes. Takes `resources` as decoders return them: with Photoshop's name before them, or only IPTC
// records, as in TIFF. Empty if nothing is left, or if the result is too long.
std::string resourcesOfResult(std::string_view resources);

}  // namespace private_image
