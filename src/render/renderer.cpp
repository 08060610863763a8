// The order of a render: probe, header, limits, plan, then decode, steps, watermarks and encoding,
// each of them a file of its own under steps/. Pixels are computed as late as a step permits.
#include "render/renderer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "render/probe.hpp"
#include "render/steps/background.hpp"
#include "render/steps/colour_management.hpp"
#include "render/steps/cut.hpp"
#include "render/steps/effects.hpp"
#include "render/steps/encode.hpp"
#include "render/steps/frames.hpp"
#include "render/steps/load.hpp"
#include "render/steps/metadata.hpp"
#include "render/steps/orient.hpp"
#include "render/steps/overlay.hpp"
#include "render/steps/resize.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

namespace {

using Bytes = std::span<const unsigned char>;

constexpr Colour white{255, 255, 255, 255};

// One line of printable text, short enough for a log; empties libvips' buffer.
std::string lastVipsError() {
    constexpr std::size_t longest = 200;
    std::string text;
    char* buffer = vips_error_buffer_copy();
    for (const char* at = buffer; *at != '\0' && text.size() < longest; ++at) {
        const bool isPrintable = *at >= ' ' && *at <= '~';
        text += isPrintable ? *at : ' ';
    }
    g_free(buffer);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string limitText(std::string_view what, std::uint64_t met, std::string_view directive,
                      std::uint64_t limit) {
    return std::string(what) + ": " + std::to_string(met) + " pixels exceed " +
           std::string(directive) + " " + std::to_string(limit);
}

// Encoded bytes whose header has been read and judged.
struct Source {
    SourceType type = SourceType::jpeg;
    Bytes bytes;
    Image image;  // as opened for its header
    SourceHeader header;

    Size upright() const { return withAxesOf(header.orientation, header.stored); }
};

// How a frame is scaled, cut and padded.
struct Geometry {
    ResizePlan plan;
    std::optional<Colour> background;
};

class Rendering {
public:
    explicit Rendering(const RenderInput& input)
        : input_(input),
          transform_(*input.transform),
          settings_(*input.settings),
          watch_(input.deadline, input.cancelled) {}

    RenderOutcome run();

private:
    // All of these return false, with the outcome filled in, where the render ends.
    bool fail(RenderProblem problem, std::string detail);
    bool failOfPixels(std::string_view what);
    bool mayGoOn();

    bool open(Bytes bytes, std::string_view what, std::uint32_t frameLimit, Source& source);
    bool judge(const Source& source, std::string_view what, std::uint32_t frames);
    bool openMain();
    bool plan(Size from, const Step& step, std::uint32_t frames, ResizePlan& plan);
    bool planFirst();
    bool loadFrames();
    bool firstGeometry();
    bool laterGeometry(const Step& step);
    bool place(const Geometry& geometry, int orientation);
    bool finishStep(const Step& step);
    bool layers(const Step& step);
    bool watermarks();
    bool watermark(const Watermark& watermark);
    bool decodeOverlay(const Source& source, Size size, double opacity, Image& overlay);
    bool encodeResult();

    template <typename Operation>
    bool onEachFrame(std::string_view what, Operation operation);

    Format resultFormat() const;
    bool sourceDecodes();
    Size frameSize() const { return frames_.front().size(); }

    const RenderInput& input_;
    const Transform& transform_;
    const RenderSettings& settings_;
    // Before the images, which point to it.
    Watch watch_;
    RenderOutcome outcome_;
    Source main_;
    LoadOptions load_;
    ResizePlan firstPlan_;
    Format format_ = Format::jpeg;
    std::uint64_t pixelsOpened_ = 0;
    std::size_t nextLayer_ = 0;
    std::vector<Image> frames_;
};

bool Rendering::fail(RenderProblem problem, std::string detail) {
    outcome_.problem = problem;
    outcome_.detail = std::move(detail);
    return false;
}

// Decoding happens while later steps and the encoder ask for pixels, so a failure among them may
// be the source's. libvips' text is shared by all threads and is no evidence: decode once more.
bool Rendering::failOfPixels(std::string_view what) {
    std::string detail = std::string(what) + ": " + lastVipsError();
    if (!mayGoOn()) {
        return false;
    }
    const bool decodes = sourceDecodes();
    vips_error_clear();
    if (!mayGoOn()) {
        return false;
    }
    return fail(decodes ? RenderProblem::internal : RenderProblem::damaged, std::move(detail));
}

bool Rendering::sourceDecodes() {
    const Image again = openSource(main_.type, main_.bytes, load_);
    watch_.guard(again);
    double unused = 0;
    return again && vips_avg(again.get(), &unused, static_cast<void*>(nullptr)) == 0;
}

bool Rendering::mayGoOn() {
    if (const auto reason = watch_.reasonToStop()) {
        return fail(*reason, *reason == RenderProblem::timeout ? "the deadline passed"
                                                               : "nobody waits any more");
    }
    return true;
}

bool Rendering::open(Bytes bytes, std::string_view what, std::uint32_t frameLimit, Source& source) {
    if (bytes.empty()) {
        return fail(RenderProblem::damaged, std::string(what) + " is empty");
    }
    const auto type = probeType(bytes.first(std::min(bytes.size(), probeLength)));
    const auto& allowed = settings_.sourceTypes;
    if (!type || std::find(allowed.begin(), allowed.end(), *type) == allowed.end()) {
        return fail(RenderProblem::unsupportedType,
                    std::string(what) + " is not of a type that private_image_source_types names");
    }
    source.type = *type;
    source.bytes = bytes;
    source.image = openSource(*type, bytes);
    if (!source.image) {
        return fail(RenderProblem::damaged, std::string(what) + ": " + lastVipsError());
    }
    watch_.guard(source.image);
    source.header = readHeader(source.image, *type);
    return judge(source, what, std::min(source.header.frames, frameLimit));
}

bool Rendering::judge(const Source& source, std::string_view what, std::uint32_t frames) {
    const Limits& limits = settings_.limits;
    const auto [width, height] = source.header.stored;
    const std::uint64_t pixels = pixelCount(width, height, frames);
    pixelsOpened_ += std::min(pixels, UINT64_MAX - pixelsOpened_);
    if (pixelsOpened_ > limits.sourcePixels) {
        return fail(
            RenderProblem::tooLarge,
            limitText(what, pixelsOpened_, "private_image_max_source_pixels", limits.sourcePixels));
    }
    if (source.header.isProgressive && pixels > limits.progressivePixels) {
        return fail(RenderProblem::tooLarge,
                    limitText(what, pixels, "private_image_max_progressive_pixels",
                              limits.progressivePixels));
    }
    return true;
}

Format Rendering::resultFormat() const {
    FormatQuestion question;
    question.source = main_.type;
    question.hasAlpha = main_.header.hasAlpha;
    question.animated = std::min(main_.header.frames, settings_.limits.frames) > 1;
    switch (transform_.formatChoice) {
        case Transform::FormatChoice::named:
            question.named = transform_.format;
            break;
        case Transform::FormatChoice::unnamed:
            question.named = settings_.format;
            question.negotiated = input_.negotiated;
            break;
        case Transform::FormatChoice::automatic:
            question.negotiated = input_.negotiated;
            break;
        case Transform::FormatChoice::source:
            break;
    }
    return chooseFormat(question);
}

bool Rendering::openMain() {
    const std::uint32_t frameLimit = std::max(1u, settings_.limits.frames);
    if (!open(input_.source, "the source", frameLimit, main_)) {
        // What the header said is told even where it is refused.
        if (main_.image) {
            outcome_.sourceType = main_.type;
            outcome_.sourceSize = main_.upright();
        }
        return false;
    }
    outcome_.sourceType = main_.type;
    outcome_.sourceSize = main_.upright();
    format_ = resultFormat();
    load_.frames = canAnimate(format_) ? std::min(main_.header.frames, frameLimit) : 1;
    return true;
}

bool Rendering::plan(Size from, const Step& step, std::uint32_t frames, ResizePlan& plan) {
    const std::uint64_t limit = settings_.limits.outputPixels;
    const PlanResult result = planResize(from, step, limit, frames);
    if (result.plan) {
        plan = *result.plan;
        return true;
    }
    if (result.problem == PlanProblem::cutBeyondEdge) {
        return fail(RenderProblem::badOptions, "the cut leaves the image, which is " +
                                                   std::to_string(from.width) + "x" +
                                                   std::to_string(from.height));
    }
    return fail(RenderProblem::outputTooLarge,
                "the result, or an image on the way, exceeds private_image_max_output_pixels " +
                    std::to_string(limit));
}

bool Rendering::planFirst() {
    const Step asIs;
    const Step& step = transform_.steps.empty() ? asIs : transform_.steps.front();
    if (!plan(main_.upright(), step, load_.frames, firstPlan_)) {
        return false;
    }
    const Size needed = withAxesOf(main_.header.orientation, firstPlan_.scaled);
    load_ = shrinkOnLoad(main_.type, main_.header, needed, load_.frames);
    return true;
}

// Opened again only where the header was not opened the way the pixels are wanted.
bool Rendering::loadFrames() {
    Image strip = main_.image;
    if (load_.shrink != 1 || load_.scale != 1 || load_.frames != 1) {
        // An animation is one strip to libvips, which has a longest side.
        if (pixelCount(1, main_.header.stored.height, load_.frames) > VIPS_MAX_COORD) {
            return fail(RenderProblem::tooLarge,
                        "the source's frames are too many for their height");
        }
        strip = openSource(main_.type, main_.bytes, load_);
        if (!strip) {
            return fail(RenderProblem::damaged, "the source: " + lastVipsError());
        }
        watch_.guard(strip);
    }
    if (load_.frames == 1) {
        frames_ = {strip};
        return true;
    }
    frames_ = splitFrames(strip, main_.header.stored, load_.frames);
    return frames_.empty() ? failOfPixels("the frames") : true;
}

// In order: the frames of an animation are decoded one after the other.
template <typename Operation>
bool Rendering::onEachFrame(std::string_view what, Operation operation) {
    if (!mayGoOn()) {
        return false;
    }
    for (Image& frame : frames_) {
        frame = operation(frame);
        if (!frame) {
            return failOfPixels(what);
        }
    }
    return true;
}

// Scaled and cut as stored, so that only what is left has to be turned and converted.
bool Rendering::place(const Geometry& geometry, int orientation) {
    const ResizePlan& plan = geometry.plan;
    const Size scaled = withAxesOf(orientation, plan.scaled);
    const bool resized = onEachFrame("resizing", [&](const Image& frame) {
        const Image image = resize(toEightBit(frame), scaled);
        const Image part = plan.cutByAttention
                               ? image
                               : cut(image, storedRectangle(orientation, plan.cut, plan.scaled));
        const Image upright = orient(part, orientation, watch_);
        return upright ? toSrgb(upright) : upright;
    });
    if (!resized) {
        return false;
    }
    if (plan.cutByAttention) {
        frames_.front() = watch_.settle(frames_.front());
        const auto found = frames_.front() ? attentionCut(frames_.front(), plan.cut) : std::nullopt;
        if (!found) {
            return failOfPixels("choosing the part to keep");
        }
        if (!onEachFrame("cutting", [&](const Image& frame) { return cut(frame, *found); })) {
            return false;
        }
    }
    return onEachFrame("padding", [&](const Image& frame) {
        return pad(frame, plan.placed, plan.canvas, geometry.background.value_or(white));
    });
}

bool Rendering::firstGeometry() {
    const auto background =
        transform_.steps.empty() ? std::optional<Colour>() : transform_.steps.front().background;
    return place({firstPlan_, background}, main_.header.orientation);
}

bool Rendering::laterGeometry(const Step& step) {
    Geometry geometry{{}, step.background};
    if (!plan(frameSize(), step, load_.frames, geometry.plan)) {
        return false;
    }
    return onEachFrame("computing a step",
                       [&](const Image& frame) { return watch_.settle(frame); }) &&
           place(geometry, 1);
}

bool Rendering::finishStep(const Step& step) {
    if (step.sharpen > 0 && !onEachFrame("sharpening", [&](const Image& frame) {
            const Image settled = watch_.settle(frame);
            return settled ? sharpen(settled, step.sharpen) : settled;
        })) {
        return false;
    }
    if (step.blur > 0 && !onEachFrame("blurring", [&](const Image& frame) {
            const Image settled = watch_.settle(frame);
            return settled ? blur(settled, step.blur) : settled;
        })) {
        return false;
    }
    if (step.background && !onEachFrame("laying on a background", [&](const Image& frame) {
            return layOn(frame, *step.background);
        })) {
        return false;
    }
    return layers(step);
}

bool Rendering::decodeOverlay(const Source& source, Size size, double opacity, Image& overlay) {
    const Size needed = withAxesOf(source.header.orientation, size);
    const LoadOptions options = shrinkOnLoad(source.type, source.header, needed, 1);
    Image image = openSource(source.type, source.bytes, options);
    watch_.guard(image);
    if (image) {
        image = orient(resize(toEightBit(image), needed), source.header.orientation, watch_);
    }
    overlay = image ? watch_.settle(withOpacity(toSrgb(image), opacity)) : image;
    if (overlay) {
        return true;
    }
    std::string detail = "an overlay: " + lastVipsError();
    return mayGoOn() && fail(RenderProblem::damaged, std::move(detail));
}

bool Rendering::layers(const Step& step) {
    for (const Layer& layer : step.layers) {
        if (nextLayer_ >= input_.layers.size()) {
            return fail(RenderProblem::internal, "a layer's bytes are missing");
        }
        Source source;
        if (!open(input_.layers[nextLayer_++], "a layer", 1, source)) {
            return false;
        }
        Step sizing;
        sizing.width = layer.width;
        sizing.height = layer.height;
        ResizePlan sized;
        Image image;
        if (!plan(source.upright(), sizing, 1, sized) ||
            !decodeOverlay(source, sized.canvas, 1, image)) {
            return false;
        }
        const Corner corner = layerCorner(layer, sized.canvas, frameSize());
        if (!onEachFrame("laying a layer over", [&](const Image& frame) {
                return layOver(frame, image, corner, watch_);
            })) {
            return false;
        }
    }
    return true;
}

bool Rendering::watermarks() {
    for (const Watermark* mark : transform_.watermarks) {
        if (!watermark(*mark)) {
            return false;
        }
    }
    return true;
}

// The file is the operator's and was checked with the configuration; it is still a failure, never
// an unmarked image, where it cannot be applied.
bool Rendering::watermark(const Watermark& watermark) {
    Source source;
    source.bytes = {reinterpret_cast<const unsigned char*>(watermark.bytes.data()),
                    watermark.bytes.size()};
    const auto type = probeType(source.bytes.first(std::min(source.bytes.size(), probeLength)));
    if (type) {
        source.type = *type;
        source.image = openSource(*type, source.bytes);
    }
    if (!source.image) {
        return fail(RenderProblem::internal,
                    "watermark " + watermark.name + ": " + lastVipsError());
    }
    source.header = readHeader(source.image, source.type);
    const auto size = watermarkSize(watermark, source.upright(), frameSize());
    if (!size) {
        return fail(RenderProblem::badOptions,
                    "watermark " + watermark.name + " has no room between its margins");
    }
    Image mark;
    if (!decodeOverlay(source, *size, watermark.opacity, mark)) {
        return false;
    }
    Corner corner = watermarkCorner(watermark, *size, frameSize());
    if (watermark.tile) {
        mark = watch_.settle(tiled(mark, watermark.margin, frameSize()));
        corner = {};
    }
    return onEachFrame("marking",
                       [&](const Image& frame) { return layOver(frame, mark, corner, watch_); });
}

bool Rendering::encodeResult() {
    const Size size = frameSize();
    const auto count = static_cast<std::uint32_t>(frames_.size());
    if (!canHold(format_, size) || pixelCount(1, size.height, count) > VIPS_MAX_COORD) {
        return fail(RenderProblem::outputTooLarge, "the format cannot hold " +
                                                       std::to_string(size.width) + "x" +
                                                       std::to_string(size.height));
    }
    if (!mayGoOn()) {
        return false;
    }
    Image image = joinFrames(frames_);
    if (image && !holdsAlpha(format_)) {
        image = layOn(image, white);
    }
    const Metadata kept = format_ == Format::jpeg ? transform_.metadata : Metadata::none;
    if (image) {
        image = withMetadata(image, main_.image, kept);
    }
    if (image && count > 1) {
        image = asAnimation(image, main_.image, size.height, count);
    }
    EncoderSettings encoder = settings_.encoders[static_cast<std::size_t>(format_)];
    encoder.quality = transform_.quality.value_or(encoder.quality);
    auto bytes = image ? encode(image, format_, encoder, kept != Metadata::none) : std::nullopt;
    if (!bytes) {
        return failOfPixels("encoding");
    }
    outcome_.rendered = Rendered{std::move(*bytes), format_, size, count};
    return true;
}

RenderOutcome Rendering::run() {
    bool going = openMain() && planFirst() && loadFrames() && firstGeometry();
    for (std::size_t i = 0; going && i < transform_.steps.size(); ++i) {
        going = (i == 0 || laterGeometry(transform_.steps[i])) && finishStep(transform_.steps[i]);
    }
    if (going && watermarks()) {
        encodeResult();
    }
    return std::move(outcome_);
}

}  // namespace

std::uint64_t encoderFingerprint() {
    // To be counted up with every change here that makes other pictures of the same input.
    constexpr std::uint64_t ourVersion = 1;
    return ourVersion << 48 | static_cast<std::uint64_t>(vips_version(0)) << 32 |
           static_cast<std::uint64_t>(vips_version(1)) << 16 |
           static_cast<std::uint64_t>(vips_version(2));
}

RenderOutcome render(const RenderInput& input) noexcept {
    try {
        return Rendering(input).run();
    } catch (...) {
        // Only memory: nothing else here throws.
        return {};
    }
}

}  // namespace private_image
