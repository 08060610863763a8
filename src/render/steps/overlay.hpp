// Where layers and watermarks lie, and laying them there.
#pragma once

#include <optional>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// An upper left corner; may lie outside, where the overlay is the larger one.
struct Corner {
    std::int32_t left = 0, top = 0;
    bool operator==(const Corner&) const = default;
};

// Where a layer lies, `x` and `y` being its offsets in pixels where it has some. They count from
// the left and top to the layer's anchor, negative ones from the right and bottom, where a left
// (top) anchor counts as a right (bottom) one; a layer with an offset stays inside the base.
Corner layerCorner(const Layer& layer, std::optional<std::int64_t> x, std::optional<std::int64_t> y,
                   Size overlay, Size base);

// The size a watermark takes on an image; empty if nothing of it would fit between the margins.
std::optional<Size> watermarkSize(const Watermark& watermark, Size own, Size base);

Corner watermarkCorner(const Watermark& watermark, Size size, Size base);

// RGB with alpha, weaker by `opacity`.
Image withOpacity(const Image& overlay, double opacity);

// Repeated over `base`, with `gap` pixels in between.
Image tiled(const Image& overlay, std::uint32_t gap, Size base);

// `overlay` must be RGB with alpha, in memory; what lies outside of `base` is left out.
Image layOver(const Image& base, const Image& overlay, Corner corner, const Watch& watch);

}  // namespace private_image
