// An overlay is a canvas of its own until it is drawn: then its one frame is computed, once for all
// frames of the image below.
#include "render/overlays.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "render/pipeline.hpp"
#include "render/probe.hpp"
#include "render/steps/background.hpp"
#include "render/steps/blend.hpp"
#include "render/steps/overlay.hpp"
#include "render/steps/text.hpp"

namespace private_image {

namespace {

// Cairo keeps the glyphs of the last 256 fonts and sizes and cannot be made to free them, so their
// size is limited.
constexpr std::uint64_t maxTextSize = 4'000'000;

ImageSizes sizesWithin(Size parent) {
    ImageSizes sizes;
    sizes.parentWidth = parent.width;
    sizes.parentHeight = parent.height;
    return sizes;
}

// A side of a block; 0 is the parent's. Empty if it is out of range.
std::optional<std::uint32_t> blockSide(const Quantity& requested, std::uint32_t parent,
                                       const ImageSizes& sizes) {
    const auto side = pixelsOf(requested, sizes);
    if (!side || *side < 0 || *side > static_cast<std::int64_t>(maxSide)) {
        return std::nullopt;
    }
    return *side == 0 ? parent : static_cast<std::uint32_t>(*side);
}

// Renders one layer and draws it.
class LayerRun {
public:
    LayerRun(RenderContext& context, Canvas& base, const Layer& layer, int depth)
        : context_(context), base_(base), layer_(layer), depth_(depth) {}

    bool run() {
        switch (layer_.kind) {
            case Layer::Kind::image:
                return image();
            case Layer::Kind::text:
                return text();
            case Layer::Kind::block:
                return block();
        }
        return false;
    }

private:
    bool fail(RenderProblem problem, const char* detail) { return context_.fail(problem, detail); }
    bool image();
    bool text();
    bool block();
    bool lay(Canvas canvas);

    RenderContext& context_;
    Canvas& base_;
    const Layer& layer_;
    const int depth_;
};

bool LayerRun::image() {
    const auto bytes = context_.bytesOf(layer_);
    if (!bytes) {
        return fail(RenderProblem::internal, "a layer's bytes are missing");
    }
    RenderSource source;
    source.what = "a layer";
    const auto pages = layer_.page > 0 ? std::optional(Pages{layer_.page, 1}) : std::nullopt;
    if (!openJudged(context_, *bytes, pages, 1, source)) {
        return false;
    }
    return lay(Canvas(context_, std::move(source), 1, base_.size()));
}

bool LayerRun::text() {
    TextResult text = renderText(layer_.text, sizesWithin(base_.size()),
                                 std::min(context_.settings().limits.outputPixels, maxTextSize));
    if (text.image) {
        return lay(Canvas(context_, std::move(text.image), base_.size()));
    }
    switch (text.problem) {
        case TextProblem::badSize:
            return fail(RenderProblem::badOptions, "a text's sizes have no usable value");
        case TextProblem::tooLarge:
            return fail(RenderProblem::outputTooLarge, "a text is too large");
        case TextProblem::failed:
            break;
    }
    // The text itself causes what Pango and libvips refuse to draw: ink at no place, lines without
    // a height, characters without a shape.
    return context_.fail(RenderProblem::badOptions, context_.failureOf("a text cannot be drawn"));
}

bool LayerRun::block() {
    const ImageSizes sizes = sizesWithin(base_.size());
    const auto width = blockSide(layer_.width, base_.size().width, sizes);
    const auto height = blockSide(layer_.height, base_.size().height, sizes);
    if (!width || !height) {
        return fail(RenderProblem::badOptions,
                    "a block's width or height is not from 0 to 65535 pixels");
    }
    if (!context_.mayMake({*width, *height}, 1)) {
        return false;
    }
    Image plain = plainImage({*width, *height}, 4, layer_.colour);
    if (!plain) {
        return context_.fail(RenderProblem::internal, context_.failureOf("a block"));
    }
    return lay(Canvas(context_, std::move(plain), base_.size()));
}

bool LayerRun::lay(Canvas canvas) {
    if (!runSteps(context_, canvas, layer_.steps, depth_) ||
        !canvas.onEachFrame("a layer", [&](const Image& frame) {
            return context_.watch().computePixels(withOpacity(frame, layer_.opacity));
        })) {
        return false;
    }
    std::optional<std::int64_t> x, y;
    if (layer_.x) {
        x = pixelsOf(*layer_.x, canvas.sizes());
    }
    if (layer_.y) {
        y = pixelsOf(*layer_.y, canvas.sizes());
    }
    if ((layer_.x && !x) || (layer_.y && !y)) {
        return fail(RenderProblem::badOptions, "a layer's offset has no usable value");
    }
    const Corner corner = layerCorner(layer_, x, y, canvas.size(), base_.size());
    const Image& overlay = canvas.frames().front();
    return base_.onEachFrame("drawing a layer", [&](const Image& frame) {
        return layer_.mode == Layer::Mode::over
                   ? layOver(frame, overlay, corner, context_.watch())
                   : combine(frame, overlay, corner, layer_.mode, context_.watch());
    });
}

// The operator's file was checked with the configuration, so no limit for sources applies.
bool openMark(RenderContext& context, const Watermark& watermark, RenderSource& source) {
    source.what = "watermark " + watermark.name;
    source.bytes = {reinterpret_cast<const unsigned char*>(watermark.bytes.data()),
                    watermark.bytes.size()};
    const auto type = probeType(source.bytes);
    if (type) {
        source.type = *type;
        source.image = openSource(*type, source.bytes);
    }
    if (!source.image) {
        return context.fail(RenderProblem::internal, context.failureOf(source.what));
    }
    context.watch().guard(source.image);
    source.header = readHeader(source.image, source.type, source.bytes);
    return true;
}

Step exactly(Size size) {
    Step step;
    step.width.unit = step.height.unit = Length::Unit::pixels;
    step.width.value = size.width;
    step.height.value = size.height;
    step.fit = Fit::stretch;
    return step;
}

// Fails if the watermark cannot be drawn: a result without it must not be sent.
bool addWatermark(RenderContext& context, Canvas& base, const Watermark& watermark) {
    RenderSource source;
    if (!openMark(context, watermark, source)) {
        return false;
    }
    const auto size = watermarkSize(watermark, source.upright(), base.size());
    if (!size) {
        return context.fail(RenderProblem::badOptions,
                            source.what + " does not fit between its margins");
    }
    Canvas mark(context, std::move(source), 1);
    const Watch& watch = context.watch();
    if (!mark.place(exactly(*size)) || !mark.onEachFrame("a watermark", [&](const Image& frame) {
            return watch.computePixels(withOpacity(frame, watermark.opacity));
        })) {
        return false;
    }
    Image overlay = mark.frames().front();
    Corner corner = watermarkCorner(watermark, *size, base.size());
    if (watermark.tile) {
        overlay = watch.computePixels(tiled(overlay, watermark.margin, base.size()));
        corner = {};
    }
    return base.onEachFrame("drawing a watermark", [&](const Image& frame) {
        return layOver(frame, overlay, corner, watch);
    });
}

}  // namespace

bool addLayer(RenderContext& context, Canvas& base, const Layer& layer, int depth) {
    if (depth > maxLayerDepth) {
        return context.fail(RenderProblem::badOptions,
                            "layers are nested deeper than " + std::to_string(maxLayerDepth));
    }
    return LayerRun(context, base, layer, depth).run();
}

bool addWatermarks(RenderContext& context, Canvas& base) {
    for (const Watermark* watermark : context.result().watermarks) {
        if (!addWatermark(context, base, *watermark)) {
            return false;
        }
    }
    return true;
}

}  // namespace private_image
