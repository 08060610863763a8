// Runs the operations of a step in their fixed order, each in one function.
#include "render/pipeline.hpp"

#include <cmath>

#include "render/overlays.hpp"
#include "render/steps/border.hpp"
#include "render/steps/distort.hpp"
#include "render/steps/effects.hpp"
#include "render/steps/overlay.hpp"
#include "render/steps/rotation.hpp"
#include "render/steps/rounding.hpp"
#include "render/steps/shadow.hpp"

namespace private_image {

namespace {

// Shadows are expensive, and ImageKit has the same limit.
constexpr std::uint64_t maxShadowPixels = 2'000'000;

class StepRun {
public:
    StepRun(RenderContext& context, Canvas& canvas, const Step& step, int depth)
        : context_(context), canvas_(canvas), step_(step), sizes_(canvas.sizes()), depth_(depth) {}

    bool run() {
        return canvas_.place(step_) && rotate() && effects() && layers() && border() &&
               rounding() && distort() && opacity() && shadow() && background();
    }

private:
    bool failOfOptions(const char* what) { return context_.fail(RenderProblem::badOptions, what); }
    bool rotate();
    bool effects();
    bool layers();
    bool border();
    bool rounding();
    bool distort();
    bool perspective();
    bool opacity();
    bool shadow();
    bool background();

    RenderContext& context_;
    Canvas& canvas_;
    const Step& step_;
    const ImageSizes sizes_;  // before the step: formulas refer to these
    const int depth_;
};

bool StepRun::rotate() {
    if (step_.rotation == 0) {
        return true;
    }
    if (!context_.mayMake(rotatedSize(canvas_.size(), step_.rotation),
                          static_cast<std::uint32_t>(canvas_.frames().size()))) {
        return false;
    }
    // Backgrounds other than one opaque colour are drawn below the corners at the end of the step.
    const auto& background = step_.background;
    const bool isPlain = background && background->kind == Background::Kind::colour &&
                         background->colour.alpha == 255;
    const Colour corners = isPlain ? background->colour : Colour{0, 0, 0, 0};
    return canvas_.onEachFrame("rotating", [&](const Image& frame) {
        return private_image::rotate(frame, step_.rotation, corners, context_.watch());
    });
}

bool StepRun::effects() {
    for (const Effect& effect : step_.effects) {
        if (!canApply(effect, sizes_)) {
            return failOfOptions("an effect's formula has no usable value");
        }
        if (looksAtPixels(effect) && !canvas_.computePixels()) {
            return false;
        }
        const FrameOperation operation =
            makeOperation(effect, canvas_.frames(), sizes_, context_.watch());
        if (!operation) {
            return canvas_.failOfPixels("an effect");
        }
        if (!canvas_.onEachFrame("an effect", operation)) {
            return false;
        }
    }
    return true;
}

bool StepRun::layers() {
    for (const Layer& layer : step_.layers) {
        if (!addLayer(context_, canvas_, layer, depth_ + 1)) {
            return false;
        }
    }
    return true;
}

bool StepRun::border() {
    if (!step_.border) {
        return true;
    }
    const auto width = pixelsOf(step_.border->width, sizes_);
    if (!width || *width < 0 || *width > static_cast<std::int64_t>(maxSide)) {
        return failOfOptions("a border's width is not from 0 to 65535 pixels");
    }
    const auto pixels = static_cast<std::uint32_t>(*width);
    const Size size{canvas_.size().width + 2 * pixels, canvas_.size().height + 2 * pixels};
    return pixels == 0 ||
           (context_.mayMake(size, static_cast<std::uint32_t>(canvas_.frames().size())) &&
            canvas_.onEachFrame("a border", [&](const Image& frame) {
                return withBorder(frame, pixels, step_.border->colour);
            }));
}

bool StepRun::rounding() {
    return !step_.rounding || canvas_.onEachFrame("rounding corners", [&](const Image& frame) {
        return roundCorners(frame, *step_.rounding);
    });
}

bool StepRun::perspective() {
    Corners corners{};
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const auto value = valueOf(step_.distort->corners[i], sizes_);
        if (!value) {
            return failOfOptions("a corner's formula has no value");
        }
        corners[i] = *value;
    }
    if (!canTakeCorners(corners)) {
        return failOfOptions("the corners do not form a quadrilateral");
    }
    return canvas_.onEachFrame("distorting", [&](const Image& frame) {
        return private_image::perspective(frame, corners, context_.watch());
    });
}

bool StepRun::distort() {
    if (!step_.distort) {
        return true;
    }
    if (step_.distort->kind == Distort::Kind::perspective) {
        return perspective();
    }
    const double degrees = step_.distort->degrees;
    return context_.mayMake(arcSize(canvas_.size(), degrees),
                            static_cast<std::uint32_t>(canvas_.frames().size())) &&
           canvas_.onEachFrame("distorting", [&](const Image& frame) {
               return arc(frame, degrees, context_.watch());
           });
}

bool StepRun::opacity() {
    return step_.opacity >= 1 || canvas_.onEachFrame("opacity", [&](const Image& frame) {
        return withOpacity(frame, step_.opacity);
    });
}

bool StepRun::shadow() {
    if (!step_.shadow) {
        return true;
    }
    const auto [width, height] = canvas_.size();
    if (pixelCount(width, height, canvas_.frames().size()) > maxShadowPixels) {
        return failOfOptions("a shadow needs an image of at most 2 megapixels");
    }
    return canvas_.onEachFrame("a shadow", [&](const Image& frame) {
        return withShadow(frame, *step_.shadow, context_.watch());
    });
}

bool StepRun::background() {
    return !step_.background || canvas_.drawOn(*step_.background);
}

}  // namespace

bool runSteps(RenderContext& context, Canvas& canvas, const std::vector<Step>& steps, int depth) {
    for (const Step& step : steps) {
        if (!step.condition) {
            if (!context.change(step.result, canvas.sizes()) ||
                !StepRun(context, canvas, step, depth).run()) {
                return false;
            }
            continue;
        }
        const bool isMet = holds(*step.condition, canvas.sizes());
        if (!runSteps(context, canvas, isMet ? step.then : step.otherwise, depth)) {
            return false;
        }
    }
    return canvas.finish();
}

}  // namespace private_image
