// What decoding a HEIF container would cost, whatever its header says: pictures that are coded
// larger, grids of grids, streams of many frames. Decodes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace private_image {

enum class HeifProblem : std::uint8_t {
    damaged,      // or made in a way that cannot be followed
    contradicts,  // what it holds is of another size than it declares
    unsupported,  // whole, but no decoder here reads its picture
};

struct HeifVerdict {
    std::string_view mistake;  // why the container is refused; empty where it is not
    HeifProblem problem = HeifProblem::damaged;
    std::uint64_t pixels = 0;  // of the page that takes most; as far as they were counted
};

// Measures what will be decoded: the primary item, its parts and its alpha channel. Where a page is
// asked for by number, every page, since versions of libheif do not count them alike. Thumbnails,
// depth and gain maps are never decoded.
HeifVerdict scanHeif(std::span<const unsigned char> bytes, bool asksForPage = false);

}  // namespace private_image
