// The blocks of a GIF: the areas of its frames, and the changes that make libvips leave transparent
// what no frame covers and what a frame's disposal clears.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "render/plan.hpp"

namespace private_image {

struct GifCanvas {
    Size size;               // as in browsers: the logical screen, grown by the first frame
    bool isMisread = false;  // libvips takes another size
    bool hasHoles = false;   // parts are transparent although no frame has a transparent index
    bool showsBackground = false;  // libvips paints the background where it should clear

    bool needsRewriting() const { return isMisread || hasHoles || showsBackground; }
};

// Reads all blocks up to the first invalid one. Empty if there is no frame.
std::optional<GifCanvas> readGifCanvas(std::span<const unsigned char> bytes);

enum class GifBackground : std::uint8_t { first, other };

// The file with a transparent frame of one pixel before the others, in the last corner of the
// canvas: so libvips takes the canvas' size and decodes with alpha. The background index names the
// palette's first colour, or one that differs from it. `canvas` must have been read from `bytes`,
// with sides of at most 65536.
std::string withLeadingFrame(std::span<const unsigned char> bytes, const GifCanvas& canvas,
                             GifBackground background);

}  // namespace private_image
