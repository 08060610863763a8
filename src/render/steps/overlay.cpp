// Only the pixels below an overlay are composited; others are copied.
#include "render/steps/overlay.hpp"

#include <algorithm>
#include <cmath>

#include "render/steps/colour_management.hpp"
#include "render/steps/cut.hpp"

namespace private_image {

namespace {

std::int32_t rounded(double value) {
    return static_cast<std::int32_t>(std::floor(value + 0.5));
}

struct AnchorPoint {
    double x, y;
};

// The share of a layer's size before its anchor.
AnchorPoint anchorPoint(Layer::Anchor anchor) {
    const int index = static_cast<int>(anchor);
    const int row = index / 3;
    const int column = index % 3;
    return {column / 2.0, row / 2.0};
}

std::int32_t layerOffset(std::optional<std::int64_t> requested, bool isAtFarSide, double anchor,
                         double gravity, std::uint32_t overlay, std::uint32_t base) {
    const std::int64_t room = std::int64_t(base) - overlay;
    if (!requested) {
        return rounded(gravity * static_cast<double>(room));
    }
    const bool isFromFarSide = *requested < 0 || isAtFarSide;
    const double point = isFromFarSide && anchor == 0 ? 1 : anchor;
    const std::int64_t at = (isFromFarSide ? std::int64_t(base) : 0) + *requested;
    const std::int64_t from = at - rounded(point * overlay);
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(from, 0, std::max<std::int64_t>(room, 0)));
}

std::uint32_t atLeastOne(double side) {
    return static_cast<std::uint32_t>(std::max(1, rounded(side)));
}

Image composited(const Image& under, const Image& over) {
    VipsImage* out = nullptr;
    if (!under || !over ||
        vips_composite2(under.get(), over.get(), &out, VIPS_BLEND_MODE_OVER,
                        static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    const Image blended(out);
    // An opaque base stays opaque: the alpha added by compositing is dropped.
    return under.hasAlpha() ? blended : apply(vips_extract_band, blended, 0, "n", under.bands());
}

}  // namespace

Corner layerCorner(const Layer& layer, std::optional<std::int64_t> x, std::optional<std::int64_t> y,
                   Size overlay, Size base) {
    const AnchorPoint anchor = anchorPoint(layer.anchor);
    return {
        layerOffset(x, layer.isAtRight, anchor.x, layer.gravity.x, overlay.width, base.width),
        layerOffset(y, layer.isAtBottom, anchor.y, layer.gravity.y, overlay.height, base.height)};
}

std::optional<Size> watermarkSize(const Watermark& watermark, Size own, Size base) {
    const std::uint64_t margins = 2ull * watermark.margin;
    if (margins >= base.width || margins >= base.height) {
        return std::nullopt;
    }
    const auto roomWidth = static_cast<double>(base.width - margins);
    const auto roomHeight = static_cast<double>(base.height - margins);
    const double wanted = watermark.scale > 0 ? watermark.scale * base.width / own.width : 1;
    const double fitting = std::min(roomWidth / own.width, roomHeight / own.height);
    const double factor = std::min(wanted, fitting);
    return Size{atLeastOne(own.width * factor), atLeastOne(own.height * factor)};
}

Corner watermarkCorner(const Watermark& watermark, Size size, Size base) {
    const auto place = [&](double gravity, std::uint32_t room, std::uint32_t side) {
        const double left = double(room) - 2.0 * watermark.margin - side;
        return static_cast<std::int32_t>(watermark.margin) + rounded(gravity * left);
    };
    return {place(watermark.gravity.x, base.width, size.width),
            place(watermark.gravity.y, base.height, size.height)};
}

Image withOpacity(const Image& overlay, double opacity) {
    Image full = withAlpha(withColour(overlay));
    if (!full || opacity >= 1) {
        return full;
    }
    double factors[4] = {1, 1, 1, opacity};
    double offsets[4] = {0, 0, 0, 0.5};
    return apply(vips_linear, full, factors, offsets, 4, "uchar", TRUE);
}

Image tiled(const Image& overlay, std::uint32_t gap, Size base) {
    if (!overlay) {
        return {};
    }
    const std::uint64_t width = std::uint64_t(overlay.width()) + gap;
    const std::uint64_t height = std::uint64_t(overlay.height()) + gap;
    const Image cell = apply(vips_embed, overlay, 0, 0, int(width), int(height));
    const Image sheet = apply(vips_replicate, cell, int((base.width + width - 1) / width),
                              int((base.height + height - 1) / height));
    return cut(sheet, {0, 0, base.width, base.height});
}

Image layOver(const Image& base, const Image& overlay, Corner corner, const Watch& watch) {
    Image under = watch.computePixels(withColour(base));
    if (!under || !overlay) {
        return {};
    }
    const std::int64_t left = std::max<std::int64_t>(corner.left, 0);
    const std::int64_t top = std::max<std::int64_t>(corner.top, 0);
    const auto right =
        std::min<std::int64_t>(under.width(), std::int64_t(corner.left) + overlay.width());
    const auto below =
        std::min<std::int64_t>(under.height(), std::int64_t(corner.top) + overlay.height());
    if (left >= right || top >= below) {
        return under;
    }
    const auto width = static_cast<std::uint32_t>(right - left);
    const auto height = static_cast<std::uint32_t>(below - top);
    const auto at = [&](std::int64_t x, std::int64_t y) {
        return Rectangle{static_cast<std::int32_t>(x), static_cast<std::int32_t>(y), width, height};
    };
    const Image patch = composited(cut(under, at(left, top)),
                                   cut(overlay, at(left - corner.left, top - corner.top)));
    if (!patch) {
        return {};
    }
    VipsImage* out = nullptr;
    if (vips_insert(under.get(), patch.get(), &out, int(left), int(top),
                    static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

}  // namespace private_image
