// Hands each kind of effect to the file that knows it.
#include "render/steps/effects.hpp"

#include "render/plan.hpp"
#include "render/steps/gradient.hpp"
#include "render/steps/sharpness.hpp"
#include "render/steps/tone.hpp"

namespace private_image {

namespace {

struct Applying {
    const Image& image;
    const ImageSizes& sizes;
    const Watch& watch;

    Image operator()(const Grayscale&) const { return grayscale(image); }
    Image operator()(const StretchContrast&) const { return stretchContrast(image, watch); }
    Image operator()(const Levels& levels) const { return adjustLevels(image, levels); }
    Image operator()(const ReplaceColour& replacement) const {
        return replaceColour(image, replacement, watch);
    }
    Image operator()(const Colorize& tint) const { return colorize(image, tint); }
    Image operator()(const Sharpen& sharpening) const {
        return sharpen(image, sharpening.amount, watch);
    }
    Image operator()(const UnsharpMask& mask) const { return unsharpMask(image, mask, watch); }
    Image operator()(const Blur& blurring) const { return blur(image, blurring.radius, watch); }
    Image operator()(const Gradient& gradient) const {
        const auto stop = valueOf(gradient.stop, sizes);
        return stop ? layGradient(image, gradient, *stop) : Image();
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

Image applyEffect(const Image& image, const Effect& effect, const ImageSizes& sizes,
                  const Watch& watch) {
    return std::visit(Applying{image, sizes, watch}, effect);
}

}  // namespace private_image
