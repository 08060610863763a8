// Trimming, turning, scaling and cutting are planned together: the decoder shrinks, areas that are
// cut away are not scaled, and only the remaining pixels are turned and converted.
#include "render/canvas.hpp"

#include <algorithm>
#include <utility>

#include "render/steps/background.hpp"
#include "render/steps/colour_management.hpp"
#include "render/steps/cut.hpp"
#include "render/steps/frames.hpp"
#include "render/steps/orient.hpp"
#include "render/steps/resize.hpp"
#include "render/steps/trim.hpp"

namespace private_image {

namespace {

constexpr Colour white{255, 255, 255, 255};

// Each element of a drawing may paint every pixel, in up to 12 ns; librsvg draws tiles of 4
// megapixels and can be stopped only between them.
constexpr double tilePixels = 4'000'000;
constexpr double maxPaintedPixels = 2'000'000'000;

}  // namespace

Canvas::Canvas(RenderContext& context, RenderSource source, std::uint32_t frames, Size parent)
    : context_(context),
      source_(std::move(source)),
      count_(frames),
      orientation_(source_->header.orientation),
      size_(source_->upright()),
      input_(size_),
      parent_(parent) {
    load_ = source_->loadOptions();
    load_.frames = count_;
}

Canvas::Canvas(RenderContext& context, Image pixels, Size parent)
    : context_(context),
      isDecoded_(true),
      isUpright_(true),
      size_(pixels.size()),
      input_(size_),
      parent_(parent),
      frames_{std::move(pixels)} {}

ImageSizes Canvas::sizes() const {
    return {double(input_.width), double(input_.height), double(size_.width),
            double(size_.height), double(parent_.width), double(parent_.height)};
}

// Pixels are decoded while later steps and the encoder read them, so a failure there may come from
// the source. All threads share libvips' error text, so it does not show the cause: the source is
// decoded once more.
bool Canvas::failOfPixels(std::string_view what) {
    std::string detail = context_.failureOf(what);
    if (!context_.mayGoOn()) {
        return false;
    }
    const bool decodes = sourceDecodes();
    if (!context_.mayGoOn()) {
        return false;
    }
    return decodes ? context_.fail(RenderProblem::internal, std::move(detail))
                   : failOfSource(context_, *source_, std::move(detail));
}

bool Canvas::sourceDecodes() {
    if (!source_) {
        return true;
    }
    const Image again = openSource(source_->type, source_->bytes, load_);
    context_.watch().guard(again);
    double unused = 0;
    return again && vips_avg(again.get(), &unused, static_cast<void*>(nullptr)) == 0;
}

bool Canvas::onEachFrame(std::string_view what,
                         const std::function<Image(const Image&)>& operation) {
    if (!context_.mayGoOn()) {
        return false;
    }
    for (Image& frame : frames_) {
        frame = operation(frame);
        // One at a time: as pipelines, all frames would hold their buffers until the end.
        if (frame && frames_.size() > 1) {
            frame = context_.watch().computePixels(frame);
        }
        if (!frame) {
            return failOfPixels(what);
        }
    }
    const Size before = std::exchange(size_, frames_.front().size());
    return size_ == before || context_.mayMake(size_, count_);
}

bool Canvas::computePixels() {
    return onEachFrame("computing a step", [this](const Image& frame) {
        return context_.watch().computePixels(frame);
    });
}

bool Canvas::failOfPlan(PlanProblem problem) {
    const std::string size = std::to_string(size_.width) + "x" + std::to_string(size_.height);
    switch (problem) {
        case PlanProblem::cutBeyondEdge:
            return context_.fail(RenderProblem::badOptions,
                                 "a cut or trim reaches beyond the image, which is " + size);
        case PlanProblem::noSize:
            return context_.fail(RenderProblem::badOptions,
                                 "a formula has no usable value for an image of " + size);
        case PlanProblem::tooLarge:
            break;
    }
    return context_.failOfSize();
}

bool Canvas::place(const Step& step) {
    Placing placing;
    placing.background = step.background;
    if (!trim(step.trim, placing.part) || !plan(step, placing)) {
        return false;
    }
    if (!isDecoded_) {
        return decode(placing) && arrange(placing);
    }
    return placing.isIdle(size_) || (computePixels() && arrange(placing));
}

bool Canvas::finish() {
    return isDecoded_ || place(Step{});
}

bool Canvas::Placing::isIdle(Size size) const {
    const ResizePlan idle{
        size, {0, 0, size.width, size.height}, {0, 0, size.width, size.height}, size, false};
    return turn == 1 && part == idle.cut && plan == idle;
}

bool Canvas::trim(const Trim& trim, Rectangle& part) {
    if (trim.kind == Trim::Kind::frame) {
        return findFrame(trim, part);
    }
    const auto planned = planTrim(size_, trim, sizes());
    if (!planned.plan) {
        return failOfPlan(planned.problem);
    }
    part = *planned.plan;
    return true;
}

// Finding a border needs every pixel at full size. In an animation, pixels are kept if they differ
// from the border in any frame.
bool Canvas::findFrame(const Trim& trim, Rectangle& part) {
    if (!finish() || !computePixels()) {
        return false;
    }
    const auto found = frameInside(frames_, trim, context_.watch());
    if (!found) {
        return failOfPixels("looking for a frame");
    }
    part = *found;
    return true;
}

bool Canvas::plan(const Step& step, Placing& placing) {
    const auto [left, top, width, height] = placing.part;
    placing.turn = orientationOf(step.flipsHorizontally, step.flipsVertically, step.quarterTurns);
    const PlanBounds bounds{context_.settings().limits.outputPixels, count_};
    const auto planned =
        planResize(withAxesOf(placing.turn, {width, height}), step, sizes(), bounds);
    if (!planned.plan) {
        return failOfPlan(planned.problem);
    }
    placing.plan = *planned.plan;
    return true;
}

// Opens the source again only if the decoder needs other options than for the header.
bool Canvas::decode(Placing& placing) {
    isDecoded_ = true;
    const SourceHeader& header = source_->header;
    const Rectangle part = storedRectangle(orientation_, placing.part, size_);
    const Size needed = withAxesOf(orientation_, withAxesOf(placing.turn, placing.plan.scaled));
    load_ = shrinkOnLoad(source_->type, header, part, needed, load_);
    placing.loaded = load_;
    const double drawn = load_.scale * load_.scale * header.stored.width * header.stored.height;
    if (double(source_->elements) * std::min(drawn, tilePixels) > maxPaintedPixels) {
        return context_.fail(RenderProblem::outputTooLarge,
                             source_->what + " is a drawing of too many elements for its size");
    }
    Image strip = source_->image;
    if (load_.shrink != 1 || load_.scale != 1 || load_.frames != 1) {
        // An animation is one strip to libvips.
        if (pixelCount(1, header.stored.height, load_.frames) > maxRows) {
            return context_.fail(RenderProblem::tooLarge,
                                 source_->what + "'s frames are too many for their height");
        }
        strip = openSource(source_->type, source_->bytes, load_);
        if (!strip) {
            return failOfSource(context_, *source_, context_.failureOf(source_->what));
        }
        context_.watch().guard(strip);
    }
    frames_ = load_.frames == 1 ? std::vector<Image>{strip}
                                : splitFrames(strip, header.stored, load_.frames);
    return frames_.empty() ? failOfPixels("the frames") : true;
}

Image Canvas::inResultColours(const Image& image) {
    if (!image || isUpright_) {
        return image;
    }
    hasOwnProfile_ = keepsProfile_ && private_image::hasOwnProfile(image);
    return hasOwnProfile_ ? image : toSrgb(image);
}

bool Canvas::dropProfile() {
    if (!hasOwnProfile_) {
        return true;
    }
    hasOwnProfile_ = false;
    return onEachFrame("converting colours", [](const Image& frame) { return toSrgb(frame); });
}

// Scales and cuts the image as stored, so that only the remaining pixels are turned and converted.
bool Canvas::scaleAndCut(const Placing& placing) {
    const ResizePlan& plan = placing.plan;
    const Size stored = withAxesOf(orientation_, size_);
    const Rectangle part = storedRectangle(orientation_, placing.part, size_);
    const int orientation = combinedOrientation(orientation_, placing.turn);
    const Size scaled = withAxesOf(orientation, plan.scaled);
    const Rectangle kept = storedRectangle(orientation, plan.cut, plan.scaled);
    return onEachFrame("resizing", [&](const Image& frame) {
        const Area loaded = loadedPart(part, stored, placing.loaded, frame.size());
        const Image image = resize(toEightBit(frame), loaded, scaled);
        return inResultColours(
            orient(plan.cutByAttention ? image : cut(image, kept), orientation, context_.watch()));
    });
}

bool Canvas::arrange(const Placing& placing) {
    if (!scaleAndCut(placing)) {
        return false;
    }
    orientation_ = 1;
    isUpright_ = true;
    return (!placing.plan.cutByAttention || cutByAttention(placing.plan.cut)) && pad(placing);
}

bool Canvas::cutByAttention(const Rectangle& planned) {
    frames_.front() = context_.watch().computePixels(frames_.front());
    const auto found = frames_.front() ? attentionCut(frames_.front(), planned) : std::nullopt;
    return found ? onEachFrame("cutting", [&](const Image& frame) { return cut(frame, *found); })
                 : failOfPixels("choosing the part to keep");
}

bool Canvas::pad(const Placing& placing) {
    const ResizePlan& plan = placing.plan;
    if (size_ == plan.canvas) {
        return true;
    }
    const auto& background = placing.background;
    if (background && background->kind != Background::Kind::colour) {
        return drawOn(*background, plan.placed, plan.canvas);
    }
    Colour colour = background ? background->colour : white;
    // The end of the step draws the colour below the whole image. The padding is transparent until
    // then, since a translucent colour would otherwise be applied twice.
    if (background && (colour.alpha != 255 || frames_.front().hasAlpha())) {
        colour = {0, 0, 0, 0};
    }
    return onEachFrame("padding", [&](const Image& frame) {
        return onCanvas(frame, plan.placed, plan.canvas, colour);
    });
}

bool Canvas::drawOn(const Background& background) {
    return !frames_.front().hasAlpha() ||
           drawOn(background, {0, 0, size_.width, size_.height}, size_);
}

bool Canvas::drawOn(const Background& background, Rectangle placed, Size canvas) {
    if (background.kind != Background::Kind::colour && !computePixels()) {
        return false;
    }
    const auto backdrop = makeBackdrop(frames_, background, canvas, context_.watch());
    if (!backdrop) {
        return failOfPixels("a background");
    }
    return onEachFrame("laying on a background", [&](const Image& frame) {
        return drawOnBackdrop(frame, *backdrop, placed, canvas);
    });
}

}  // namespace private_image
