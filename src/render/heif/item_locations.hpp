// Where the data of a HEIF container's items are: its "iloc" box, ISO/IEC 14496-12, 8.11.3. Knows
// nothing of the items.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace private_image {

struct HeifPlace {
    std::uint64_t item = 0;  // its number
    std::vector<std::string_view> extents;
};

inline constexpr std::size_t maxPlaces = 3200;
inline constexpr std::size_t maxExtents = 6400;      // of all items together
inline constexpr std::size_t maxExtentsOfItem = 32;  // as libheif has it

// Data are in the file, or in its header's "idat" box. Empty: cannot be followed, lies beyond
// either, or takes some bytes so often that libheif would read far more than there are.
std::optional<std::vector<HeifPlace>> readHeifPlaces(std::string_view content,
                                                     std::string_view file,
                                                     std::string_view header);

}  // namespace private_image
