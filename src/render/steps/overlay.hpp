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

Corner layerCorner(const Layer& layer, Size overlay, Size base);

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
