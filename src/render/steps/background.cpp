// Draws backgrounds: a colour is flattened or composited with the image; blurred images and
// gradients are drawn on a canvas, and the image over it.
#include "render/steps/background.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "render/steps/colour_management.hpp"
#include "render/steps/dominant.hpp"
#include "render/steps/paint.hpp"
#include "render/steps/pixels.hpp"
#include "render/steps/resize.hpp"
#include "render/steps/sharpness.hpp"

namespace private_image {

namespace {

// The default radius as a share of the canvas' longer side, large enough to hide outlines.
constexpr double automaticBlur = 0.05;
constexpr double maxBackgroundBlur = 250;

Image flatten(const Image& image, Colour colour) {
    const BandColour background = bandColour(colour, image.bands() - 1);
    return apply(vips_flatten, image, "background", background.get());
}

bool isOutside(Rectangle placed, Size canvas) {
    const auto isBeyond = [](std::int32_t from, std::uint32_t length, std::uint32_t side) {
        return std::int64_t(from) + length <= 0 || std::int64_t(from) >= std::int64_t(side);
    };
    return isBeyond(placed.left, placed.width, canvas.width) ||
           isBeyond(placed.top, placed.height, canvas.height);
}

// The image scaled to cover the canvas, with the overflow cut off equally on both sides.
Image covering(const Image& image, Size canvas) {
    const Size size = image.size();
    const double factor =
        std::max(double(canvas.width) / size.width, double(canvas.height) / size.height);
    const double width = canvas.width / factor, height = canvas.height / factor;
    return resize(image, Area{(size.width - width) / 2, (size.height - height) / 2, width, height},
                  canvas);
}

Image brightened(const Image& image, double added) {
    if (added == 0) {
        return image;
    }
    Table table;
    for (int i = 0; i < 256; ++i) {
        table[i] = sample(i + added);
    }
    return throughTable(image, table);
}

// The mean of at most 16 evenly spread frames: all frames must have the same background.
Image meanOf(std::span<const Image> frames) {
    constexpr std::size_t maxMixed = 16;
    const std::size_t count = std::min(frames.size(), maxMixed);
    std::vector<Image> opaque;
    std::vector<VipsImage*> raw;
    for (std::size_t i = 0; i < count; ++i) {
        opaque.push_back(drawOn(frames[i * frames.size() / count], {0, 0, 0, 255}));
        raw.push_back(opaque.back().get());
    }
    if (std::ranges::find(raw, nullptr) != raw.end()) {
        return {};
    }
    if (count == 1) {
        return opaque.front();
    }
    VipsImage* sum = nullptr;
    if (vips_sum(raw.data(), &sum, static_cast<int>(count), static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return apply(vips_linear1, Image(sum), 1.0 / double(count), 0.5, "uchar", TRUE);
}

Image blurredCanvas(std::span<const Image> frames, Size canvas, const Background& background,
                    const Watch& watch) {
    const double automatic = automaticBlur * std::max(canvas.width, canvas.height);
    const double radius = background.blur.value_or(std::min(automatic, maxBackgroundBlur));
    const Image large = covering(meanOf(frames), canvas);
    return brightened(blur(large, radius, watch), background.brightness);
}

// Two colours run along the axis with more free canvas; four are placed in the corners.
Image gradientCanvas(const std::vector<Colour>& colours, Size free, Size canvas) {
    const bool runsAcross = free.width > free.height;
    const auto ends = [&](std::size_t first, std::size_t second) {
        return std::pair(paintOf(colours[first]), paintOf(colours[second]));
    };
    const bool hasFour = colours.size() == 4;
    const auto upper = hasFour ? ends(0, 1) : ends(0, runsAcross ? 1 : 0);
    const auto lower = hasFour ? ends(3, 2) : ends(runsAcross ? 0 : 1, 1);
    return paintLines(canvas, 3, [=](const Line<VipsPel>& line) {
        const double down = (line.y + 0.5) / canvas.height;
        const Paint left = between(upper.first, lower.first, down);
        const Paint right = between(upper.second, lower.second, down);
        VipsPel* out = line.out;
        for (int x = 0; x < line.width; ++x, out += 3) {
            const double across = (line.left + x + 0.5) / canvas.width;
            writePaint(between(left, right, across), out, 3);
        }
    });
}

Image dominantGradient(std::span<const Image> frames, Size canvas, std::uint8_t shades,
                       const Watch& watch) {
    const auto colours = dominantColours(frames, shades == 4 ? 4 : 2, watch);
    if (colours.empty()) {
        return {};
    }
    const Size size = frames.front().size();
    const Size free{canvas.width - std::min(size.width, canvas.width),
                    canvas.height - std::min(size.height, canvas.height)};
    return gradientCanvas(colours, free, canvas);
}

// Composites the image over an opaque canvas. vips_composite2 needs four times as long: 150 ms
// against 35 ms for 3 megapixels on one core.
Image composited(const Image& canvas, const Image& image, Rectangle placed) {
    const Image below = image && image.isGrey() ? canvas : withColour(canvas);
    const Image above = below && !below.isGrey() ? withColour(image) : image;
    VipsImage* out = nullptr;
    if (!below || !above) {
        return {};
    }
    if (!above.hasAlpha()) {
        return vips_insert(below.get(), above.get(), &out, placed.left, placed.top,
                           static_cast<void*>(nullptr)) == 0
                   ? Image(out)
                   : Image();
    }
    const int bands = below.bands();
    const Image padded = onCanvas(above, placed, below.size(), {0, 0, 0, 0});
    return mapLines(joined(below, padded), bands, [bands](const Line<VipsPel>& line) {
        const VipsPel* in = line.in;
        VipsPel* to = line.out;
        for (int x = 0; x < line.width; ++x, in += 2 * bands + 1, to += bands) {
            const Paint top = readPaint(in + bands, bands + 1);
            writePaint(over(top, readPaint(in, bands)), to, bands);
        }
    });
}

}  // namespace

Image plainImage(Size size, int bands, Colour colour) {
    VipsImage* black = nullptr;
    if (vips_black(&black, 1, 1, "bands", bands, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    const Image pixel(black);
    const bool isGrey = bands < 3;
    double factors[4] = {1, 1, 1, 1};
    double grey[4] = {double(colour.red), double(colour.alpha)};
    double full[4] = {double(colour.red), double(colour.green), double(colour.blue),
                      double(colour.alpha)};
    const Image coloured =
        apply(vips_linear, pixel, factors, isGrey ? grey : full, bands, "uchar", TRUE);
    const Image interpreted = apply(vips_copy, coloured, "interpretation",
                                    isGrey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
    return apply(vips_embed, interpreted, 0, 0, int(size.width), int(size.height), "extend",
                 VIPS_EXTEND_COPY);
}

Image drawOn(const Image& image, Colour colour) {
    if (!image || !image.hasAlpha()) {
        return image;
    }
    const Image base = isGreyTone(colour) ? image : withColour(image);
    if (!base || colour.alpha == 255) {
        return base ? flatten(base, colour) : base;
    }
    const int bands = base.bands();
    const Paint below = paintOf(colour);
    return mapLines(base, bands, [=](const Line<VipsPel>& line) {
        for (int x = 0; x < line.width * bands; x += bands) {
            writePaint(over(readPaint(line.in + x, bands), below), line.out + x, bands);
        }
    });
}

Image onCanvas(const Image& image, Rectangle placed, Size canvas, Colour colour) {
    const bool isAtOrigin = placed.left == 0 && placed.top == 0;
    if (!image || (isAtOrigin && image.size() == canvas)) {
        return image;
    }
    Image base = isGreyTone(colour) ? image : withColour(image);
    if (colour.alpha != 255) {
        base = withAlpha(base);
    }
    if (!base) {
        return {};
    }
    // vips_embed fails if the whole image is outside the canvas.
    if (isOutside(placed, canvas)) {
        return plainImage(canvas, base.bands(), colour);
    }
    const BandColour ink = bandColour(colour, base.bands());
    return apply(vips_embed, base, int(placed.left), int(placed.top), int(canvas.width),
                 int(canvas.height), "extend", VIPS_EXTEND_BACKGROUND, "background", ink.get());
}

std::optional<Backdrop> makeBackdrop(std::span<const Image> frames, const Background& background,
                                     Size canvas, const Watch& watch) {
    Backdrop backdrop;
    switch (background.kind) {
        case Background::Kind::colour:
            backdrop.colour = background.colour;
            return backdrop;
        case Background::Kind::dominant: {
            const auto found = dominantColours(frames, 1, watch);
            if (found.empty()) {
                return std::nullopt;
            }
            backdrop.colour = found.front();
            return backdrop;
        }
        case Background::Kind::blurred:
            backdrop.canvas = blurredCanvas(frames, canvas, background, watch);
            break;
        case Background::Kind::gradient:
            backdrop.canvas = dominantGradient(frames, canvas, background.shades, watch);
            break;
    }
    if (frames.size() > 1) {
        backdrop.canvas = watch.computePixels(backdrop.canvas);  // shared by all frames
    }
    return backdrop.canvas ? std::optional(std::move(backdrop)) : std::nullopt;
}

Image drawOnBackdrop(const Image& image, const Backdrop& backdrop, Rectangle placed, Size canvas) {
    return backdrop.canvas
               ? composited(backdrop.canvas, image, placed)
               : onCanvas(drawOn(image, backdrop.colour), placed, canvas, backdrop.colour);
}

}  // namespace private_image
