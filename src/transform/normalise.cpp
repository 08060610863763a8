// Steps, layers and choices in their normal form. Only members that change no pixel of any image
// are removed; the plan finds out what has no effect for one image.
#include "transform/normalise.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "transform/client_hints.hpp"
#include "transform/density.hpp"
#include "transform/normal_finish.hpp"
#include "transform/normal_values.hpp"

namespace private_image {

namespace {

bool isGiven(const Length& length) {
    return length.unit != Length::Unit::none;
}

// Known only later, from the image's size or the client's hints.
bool isOpen(const Length& length) {
    return length.unit == Length::Unit::formula || length.unit == Length::Unit::automatic;
}

bool hasBox(const Step& step) {
    return isGiven(step.width) || isGiven(step.height);
}

bool isBoxComplete(const Step& step) {
    const bool hasBoth = isGiven(step.width) && isGiven(step.height);
    return hasBoth || (hasBox(step) && step.aspectRatio);
}

bool onlyPads(Fit fit) {
    return fit == Fit::pad || fit == Fit::padNoEnlarge;
}

// Whether gravity has an effect: the step cuts or pads. An extract cuts even if one side equals the
// source's.
bool usesGravity(const Step& step) {
    switch (step.fit) {
        case Fit::inside:
        case Fit::insideNoEnlarge:
        case Fit::insideNoShrink:
        case Fit::outside:
        case Fit::stretch:
            return false;
        case Fit::cover:
        case Fit::coverNoEnlarge:
        case Fit::coverRatio:
        case Fit::pad:
        case Fit::padNoEnlarge:
            return isBoxComplete(step);
        case Fit::extract:
        case Fit::padExtract:
            return hasBox(step);
    }
    return true;
}

void normaliseGravity(Gravity& gravity) {
    if (gravity.kind == Gravity::Kind::attention) {
        gravity = {Gravity::Kind::attention, Gravity{}.x, Gravity{}.y};
    }
}

void normaliseTrim(Trim& trim) {
    const Trim given = std::exchange(trim, {});
    trim.kind = given.kind;
    switch (given.kind) {
        case Trim::Kind::none:
            return;
        case Trim::Kind::sides:
            trim.top = normalOffset(given.top);
            trim.right = normalOffset(given.right);
            trim.bottom = normalOffset(given.bottom);
            trim.left = normalOffset(given.left);
            break;
        case Trim::Kind::box:
            trim.top = normalOffset(given.top);
            trim.left = normalOffset(given.left);
            trim.width = given.width;
            trim.height = given.height;
            normaliseLength(trim.width, 1);
            normaliseLength(trim.height, 1);
            break;
        case Trim::Kind::frame:
            trim.colour = given.colour;
            trim.tolerance = given.tolerance;
            trim.keep = given.keep;
            return;
    }
    Trim idle;
    idle.kind = trim.kind;
    if (trim == idle) {
        trim = Trim{};
    }
}

// Flips come before turns. Each of the eight results can be written in two ways; the normal form
// has the fewest operations: no flip, or one flip and at most a quarter turn.
void normaliseOrientation(Step& step) {
    step.quarterTurns %= 4;
    if (step.flipsHorizontally && step.flipsVertically) {
        step.flipsHorizontally = step.flipsVertically = false;
        step.quarterTurns += 2;
        step.quarterTurns %= 4;
    }
    if ((step.flipsHorizontally || step.flipsVertically) && step.quarterTurns >= 2) {
        std::swap(step.flipsHorizontally, step.flipsVertically);
        step.quarterTurns -= 2;
    }
}

void normaliseCut(Step& step) {
    if (step.fit != Fit::extract) {
        step.x.reset();
        step.y.reset();
        step.centreX.reset();
        step.centreY.reset();
    }
    const bool seeksContent = step.gravity.kind == Gravity::Kind::attention;
    if (!usesGravity(step) || (onlyPads(step.fit) && seeksContent)) {
        step.gravity = {};
    }
    normaliseGravity(step.gravity);
    const bool isPlacedAcross = step.x || step.centreX;
    const bool isPlacedDown = step.y || step.centreY;
    if (isPlacedAcross && isPlacedDown) {
        step.gravity = {};
    }
    for (auto* offset : {&step.x, &step.y, &step.centreX, &step.centreY}) {
        normaliseOffset(*offset);
    }
}

// Whether a density can multiply the side.
bool isMultiplied(const Length& length) {
    return length.unit == Length::Unit::pixels || isOpen(length);
}

// Called before the lengths are normalised: formulas are multiplied too.
void applyKnownDensity(Step& step) {
    if (step.densityFormula.isEmpty()) {
        return;
    }
    Quantity density{0, std::move(step.densityFormula)};
    normaliseQuantity(density, minDensity, maxDensity);
    step.densityFormula = std::move(density.formula);
    if (step.densityFormula.isEmpty()) {
        multiplySides(step, density.constant);
    }
}

// Widths equal to the defaults are left out.
void normaliseAutomaticWidths(Step& step) {
    AutomaticWidths& widths = step.automaticWidths;
    if (step.width.unit != Length::Unit::automatic) {
        widths = {};
        return;
    }
    std::ranges::sort(widths.breakpoints);
    const auto repeated = std::ranges::unique(widths.breakpoints);
    widths.breakpoints.erase(repeated.begin(), repeated.end());
    if (std::ranges::equal(widths.breakpoints, defaultBreakpoints)) {
        widths.breakpoints.clear();
    }
    if (widths.desktop == defaultDesktopWidth) {
        widths.desktop = 0;
    }
}

void normaliseSize(Step& step) {
    normaliseAutomaticWidths(step);
    applyKnownDensity(step);
    // Pixels are multiplied already; the density is kept for sides that are known only later.
    normaliseLength(step.width, step.density);
    normaliseLength(step.height, step.density);
    if (!isOpen(step.width) && !isOpen(step.height)) {
        step.density = 1;
    }
    if (!isMultiplied(step.width) && !isMultiplied(step.height)) {
        step.densityFormula = {};
    }
    // An automatic side may turn out as not given; then the ratio completes the other one.
    const bool isSingle = !isGiven(step.width) || !isGiven(step.height) ||
                          step.width.unit == Length::Unit::automatic ||
                          step.height.unit == Length::Unit::automatic;
    if (!hasBox(step) || !isSingle) {
        step.aspectRatio.reset();
    }
    if (step.aspectRatio) {
        normaliseQuantity(*step.aspectRatio, 1 / maxSide, maxSide);
    }
    if (!hasBox(step)) {
        step.fit = defaultFit;
    }
    normaliseCut(step);
}

// ---- Layers and choices ----

void normaliseSteps(std::vector<Step>& steps);

void normaliseText(Text& text) {
    for (auto* size : {&text.width, &text.lineHeight}) {
        if (*size) {
            normaliseQuantity(**size, 0, maxSide);
        }
    }
    normaliseQuantity(text.size, 0, maxSide);
    for (Quantity& side : text.padding) {
        normaliseQuantity(side, 0, maxSide);
    }
}

// Layers are never dropped: even an invisible one is fetched and judged.
void normaliseLayer(Layer& layer) {
    if (layer.kind != Layer::Kind::image) {
        layer.path.clear();
        layer.page = 0;
    }
    if (layer.kind != Layer::Kind::text) {
        layer.text = {};
    }
    if (layer.kind != Layer::Kind::block) {
        layer.width = layer.height = {};
        layer.colour = Layer{}.colour;
    }
    normaliseText(layer.text);
    normaliseQuantity(layer.width, 0, maxSide);
    normaliseQuantity(layer.height, 0, maxSide);
    if (layer.x || layer.y) {
        layer.gravity = {};
    } else {
        layer.anchor = Layer{}.anchor;
    }
    normaliseGravity(layer.gravity);
    normaliseOffset(layer.x);
    normaliseOffset(layer.y);
    layer.isAtRight = layer.isAtRight && layer.x == Quantity{};
    layer.isAtBottom = layer.isAtBottom && layer.y == Quantity{};
    normaliseSteps(layer.steps);
}

void normaliseCondition(Condition& condition) {
    const auto order = [](const Condition::Test& one, const Condition::Test& other) {
        return std::tie(one.property, one.relation, one.value) <
               std::tie(other.property, other.relation, other.value);
    };
    for (auto& allOf : condition.anyOf) {
        std::ranges::sort(allOf, order);
        allOf.erase(std::unique(allOf.begin(), allOf.end()), allOf.end());
    }
    const auto orderOfAll = [&order](const auto& one, const auto& other) {
        return std::ranges::lexicographical_compare(one, other, order);
    };
    std::ranges::sort(condition.anyOf, orderOfAll);
    condition.anyOf.erase(std::unique(condition.anyOf.begin(), condition.anyOf.end()),
                          condition.anyOf.end());
}

void normaliseChoice(Step& step) {
    Step choice;
    choice.condition = std::move(step.condition);
    choice.then = std::move(step.then);
    choice.otherwise = std::move(step.otherwise);
    step = std::move(choice);
    normaliseCondition(*step.condition);
    normaliseSteps(step.then);
    normaliseSteps(step.otherwise);
}

// A choice between equal branches is replaced by their steps. A branch is normalised before its
// choice, so this runs from the last step to the first.
void normaliseSteps(std::vector<Step>& steps) {
    for (auto i = steps.size(); i-- > 0;) {
        normalise(steps[i]);
        const auto place = steps.begin() + static_cast<std::ptrdiff_t>(i);
        if (steps[i].condition && steps[i].then == steps[i].otherwise) {
            const std::vector<Step> branch = std::move(steps[i].then);
            steps.insert(steps.erase(place), branch.begin(), branch.end());
        } else if (isIdle(steps[i])) {
            steps.erase(place);
        }
    }
}

}  // namespace

bool mayPad(const Step& step) {
    return (onlyPads(step.fit) || step.fit == Fit::padExtract) && usesGravity(step);
}

void normalise(Step& step) {
    if (step.condition) {
        return normaliseChoice(step);
    }
    step.then.clear();
    step.otherwise.clear();
    normaliseTrim(step.trim);
    normaliseOrientation(step);
    normaliseSize(step);
    normaliseFinish(step);
    for (Layer& layer : step.layers) {
        normaliseLayer(layer);
    }
}

void normalise(Transform& transform) {
    normaliseSteps(transform.steps);
    if (transform.formatChoice != FormatChoice::named) {
        transform.format = Transform{}.format;
    }
    // The connection has no effect if both qualities are the same.
    if (transform.encoding.slowQuality == transform.encoding.quality) {
        transform.encoding.slowQuality.reset();
    }
}

}  // namespace private_image
