// Selects the function for each kind of effect.
#include "render/steps/effects.hpp"

#include <vector>

#include "render/plan.hpp"
#include "render/steps/dominant.hpp"
#include "render/steps/gradient.hpp"
#include "render/steps/sharpness.hpp"
#include "render/steps/tone.hpp"

namespace private_image {

namespace {

struct OperationMaker {
    std::span<const Image> frames;
    const ImageSizes& sizes;
    const Watch& watch;

    FrameOperation operator()(const Grayscale&) const { return grayscale; }
    FrameOperation operator()(const StretchContrast&) const {
        const auto levels = fullContrast(frames, watch);
        return levels ? (*this)(*levels) : FrameOperation();
    }
    FrameOperation operator()(const Levels& levels) const {
        return [levels](const Image& image) { return adjustLevels(image, levels); };
    }
    FrameOperation operator()(const ReplaceColour& replacement) const {
        const std::vector<Colour> from =
            replacement.from ? std::vector{*replacement.from} : dominantColours(frames, 1, watch);
        if (from.empty()) {
            return {};
        }
        return [replacement, from = from.front()](const Image& image) {
            return replaceColour(image, replacement, from);
        };
    }
    FrameOperation operator()(const Colorize& tint) const {
        return [tint](const Image& image) { return colorize(image, tint); };
    }
    FrameOperation operator()(const Sharpen& sharpening) const {
        return [&watch = watch, amount = sharpening.amount](const Image& image) {
            return sharpen(image, amount, watch);
        };
    }
    FrameOperation operator()(const UnsharpMask& mask) const {
        return
            [&watch = watch, mask](const Image& image) { return unsharpMask(image, mask, watch); };
    }
    FrameOperation operator()(const Blur& blurring) const {
        return [&watch = watch, radius = blurring.radius](const Image& image) {
            return blur(image, radius, watch);
        };
    }
    FrameOperation operator()(const Gradient& gradient) const {
        const auto stop = valueOf(gradient.stop, sizes);
        if (!stop) {
            return {};
        }
        return [gradient, stop = *stop](const Image& image) {
            return layGradient(image, gradient, stop);
        };
    }
};

}  // namespace

bool canApply(const Effect& effect, const ImageSizes& sizes) {
    const auto* gradient = std::get_if<Gradient>(&effect);
    if (gradient == nullptr) {
        return true;
    }
    const auto stop = valueOf(gradient->stop, sizes);
    return stop && *stop > 0;
}

bool looksAtPixels(const Effect& effect) {
    const auto* replacement = std::get_if<ReplaceColour>(&effect);
    return std::holds_alternative<StretchContrast>(effect) ||
           (replacement != nullptr && !replacement->from);
}

FrameOperation makeOperation(const Effect& effect, std::span<const Image> frames,
                             const ImageSizes& sizes, const Watch& watch) {
    return std::visit(OperationMaker{frames, sizes, watch}, effect);
}

}  // namespace private_image
