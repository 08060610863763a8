// Positions layers and watermarks, and draws them.
#pragma once

#include <optional>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// An upper left corner; may lie outside if the overlay is the larger one.
struct Corner {
    std::int32_t left = 0, top = 0;
    bool operator==(const Corner&) const = default;
};

// The position of a layer. `x` and `y` are its offsets in pixels, if given. They count from the
// left and top to the layer's anchor, negative ones from the right and bottom, where a left (top)
// anchor counts as a right (bottom) one; a layer with an offset stays inside the base.
Corner layerCorner(const Layer& layer, std::optional<std::int64_t> x, std::optional<std::int64_t> y,
                   Size overlay, Size base);

// The size of a watermark on an image; empty if it does not fit between the margins.
std::optional<Size> watermarkSize(const Watermark& watermark, Size own, Size base);

Corner watermarkCorner(const Watermark& watermark, Size size, Size base);

// RGB with alpha multiplied by `opacity`.
Image withOpacity(const Image& overlay, double opacity);

// Repeated over `base`, with gaps of `gap` pixels.
Image tiled(const Image& overlay, std::uint32_t gap, Size base);

// `overlay` must be RGB with alpha, in memory; parts outside of `base` are not drawn.
Image layOver(const Image& base, const Image& overlay, Corner corner, const Watch& watch);

}  // namespace private_image
