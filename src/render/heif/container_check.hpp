// Measures what decoding a HEIF or AVIF container would cost, without decoding it.
//
// Why this folder exists: libheif compares the size that a container declares ("ispe") with its
// limits, but the coded stream may hold a larger picture, a grid may refer to other grids, and a
// stream may hold many frames. libheif 1.15 (Debian 12) hands such streams to the decoder and
// notices afterwards, when memory and time are spent (strukturag/libheif issue 1220). libheif 1.22
// passes the declared size to dav1d and to libde265 1.1 as their limit, but up to 1.23.1 it takes
// the size after cropping and so refuses valid cropped pictures (issue 1856, fixed by pull request
// 1895). The limit does not reach libaom before it decodes.
//
// The folder can go once every supported system has the first libheif after 1.23.1 that contains
// 1895, with dav1d and libde265 1.1, and once libvips sets libheif's max_image_size_pixels and
// max_total_memory from our limits, which then bound grids and overlays too. items.hpp stays as
// long as colour_description.cpp reads "nclx" with it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace private_image {

enum class HeifProblem : std::uint8_t {
    damaged,      // or structured in a way that this check cannot follow
    contradicts,  // a coded size differs from the declared one
    unsupported,  // valid, but there is no decoder for its picture
};

struct HeifVerdict {
    std::string_view refusal;  // why the container is refused, as a predicate; empty if accepted
    HeifProblem problem = HeifProblem::damaged;
    std::uint64_t pixels = 0;  // of the largest page; if refused, those counted until then
};

// Counts the primary item, its parts and its alpha channel; if `asksForPage`, every page, since
// versions of libheif number pages differently. Ignores thumbnails, depth maps and gain maps, which
// are never decoded.
HeifVerdict checkHeif(std::span<const unsigned char> bytes, bool asksForPage = false);

}  // namespace private_image
