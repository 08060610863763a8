// Members without effect are reset, and values equal to the default become the default.
#include "transform/normal_finish.hpp"

#include <algorithm>
#include <cmath>

#include "transform/normal_values.hpp"
#include "transform/normalise.hpp"

namespace private_image {

namespace {

// Clockwise, from 0 to below 360.
double normalDegrees(double degrees) {
    const double rest = std::fmod(degrees, 360.0);
    const double turned = rest < 0 ? rest + 360 : rest;
    return turned < 360 ? turned : 0;
}

struct IsNeutral {
    bool operator()(const Levels& levels) const { return levels == Levels{}; }
    bool operator()(const Colorize& colorize) const { return colorize.intensity == 0; }
    bool operator()(const Sharpen& sharpen) const { return sharpen.amount == 0; }
    bool operator()(const UnsharpMask& mask) const { return mask.amount == 0; }
    bool operator()(const Blur& blur) const { return blur.radius == 0; }
    bool operator()(const Gradient& gradient) const {
        return gradient.from.alpha == 0 && gradient.to.alpha == 0;
    }
    template <typename Other>
    bool operator()(const Other&) const {
        return false;
    }
};

void normaliseEffects(std::vector<Effect>& effects) {
    std::erase_if(effects, [](const Effect& effect) { return std::visit(IsNeutral(), effect); });
    std::ranges::stable_sort(effects, {}, &Effect::index);
    for (Effect& effect : effects) {
        if (auto* gradient = std::get_if<Gradient>(&effect)) {
            gradient->degrees = normalDegrees(gradient->degrees);
            normaliseQuantity(gradient->stop, 0, maxSide);
        }
    }
}

void normaliseBorder(std::optional<Border>& border) {
    if (!border) {
        return;
    }
    normaliseQuantity(border->width, 0, maxSide);
    if (border->width == Quantity{}) {
        border.reset();
    }
}

void normaliseRounding(std::optional<Rounding>& rounding) {
    if (rounding && rounding->isMaximal) {
        rounding->radii = {};
    } else if (rounding == Rounding{}) {
        rounding.reset();
    }
}

void normaliseDistort(std::optional<Distort>& distort) {
    if (!distort) {
        return;
    }
    if (distort->kind == Distort::Kind::perspective) {
        distort->degrees = 0;
        for (Quantity& corner : distort->corners) {
            normaliseQuantity(corner, -maxSide, maxSide);
        }
    } else if (distort->degrees == 0) {
        distort.reset();
    } else {
        distort->corners = {};
    }
}

void normaliseBackground(Background& background) {
    const Background given = background;
    background = Background{};
    background.kind = given.kind;
    background.isForPadding = given.isForPadding;
    switch (given.kind) {
        case Background::Kind::colour:
            background.colour = given.colour;
            return;
        case Background::Kind::blurred:
            background.blur = given.blur;
            background.brightness = given.brightness;
            return;
        case Background::Kind::dominant:
            return;
        case Background::Kind::gradient:
            background.shades = given.shades;
            return;
    }
}

// The dialect's own background is dropped if nothing is padded, and so is a blurred copy, which
// only shows in padding. Otherwise it counts as if the request had named it.
void normalisePadding(Step& step) {
    if (!step.background) {
        return;
    }
    Background& background = *step.background;
    if (!mayPad(step)) {
        if (background.isForPadding || background.kind == Background::Kind::blurred) {
            step.background.reset();
        }
        return;
    }
    const bool maySidesChange =
        step.width.unit == Length::Unit::automatic || step.height.unit == Length::Unit::automatic;
    background.isForPadding = background.isForPadding && maySidesChange;
}

void normaliseDots(ResultChange& result) {
    if (result.densityFormula.isEmpty()) {
        result.densityFormula = {};
        return;
    }
    Quantity dots{0, std::move(result.densityFormula)};
    normaliseQuantity(dots, 1, maxDotsPerInch);
    result.densityFormula = std::move(dots.formula);
    result.density.reset();
    if (result.densityFormula.isEmpty()) {
        result.density = static_cast<std::uint16_t>(std::lround(dots.constant));
    }
}

void normaliseResult(ResultChange& result) {
    if (result.formatChoice != FormatChoice::named) {
        result.format = ResultChange{}.format;
    }
    if (result.slowQuality == result.quality) {
        result.slowQuality.reset();
    }
    normaliseDots(result);
}

}  // namespace

void normaliseFinish(Step& step) {
    normalisePadding(step);
    step.rotation = normalDegrees(step.rotation);
    normaliseEffects(step.effects);
    normaliseBorder(step.border);
    normaliseRounding(step.rounding);
    normaliseDistort(step.distort);
    if (step.shadow && step.shadow->strength == 0) {
        step.shadow.reset();
    }
    if (step.background) {
        normaliseBackground(*step.background);
    }
    normaliseResult(step.result);
}

}  // namespace private_image
