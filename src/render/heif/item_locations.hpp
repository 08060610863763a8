// Where the data of a HEIF container's items are: its "iloc" box, ISO/IEC 14496-12, 8.11.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace private_image {

struct HeifItemLocation {
    std::uint64_t item = 0;  // its number
    std::vector<std::string_view> extents;
};

inline constexpr std::size_t maxLocations = 3200;
inline constexpr std::size_t maxExtents = 6400;      // of all items together
inline constexpr std::size_t maxExtentsOfItem = 32;  // as libheif has it

// Data are in the file, or in the "idat" box of its header. Empty if the box is invalid, if data
// extend beyond their end, or if items share so many bytes that libheif would read far more than
// the file holds.
std::optional<std::vector<HeifItemLocation>> readHeifItemLocations(std::string_view content,
                                                                   std::string_view file,
                                                                   std::string_view header);

}  // namespace private_image
