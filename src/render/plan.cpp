// Computes sizes and rectangles for every Fit. Ratios are integers, so that halves round up
// exactly; every product fits into 64 bits, because sides have at most 32.
#include "render/plan.hpp"

#include <algorithm>
#include <cmath>

#include "render/limits.hpp"
#include "transform/density.hpp"

namespace private_image {

namespace {

// Libraries address sides with a signed 32-bit integer.
constexpr std::uint64_t maxPlannedSide = 10'000'000;

struct Box {
    std::uint64_t width = 0, height = 0;
    bool operator==(const Box&) const = default;
};

// side * numerator / denominator, halves rounded up, at least 1. Sides are at most 2^32 - 1.
std::uint64_t scaledSide(std::uint64_t side, std::uint64_t numerator, std::uint64_t denominator) {
    const std::uint64_t product = side * numerator;
    const std::uint64_t rest = product % denominator;
    const bool roundUp = rest >= denominator - rest;
    return std::max<std::uint64_t>(1, product / denominator + (roundUp ? 1 : 0));
}

std::uint64_t wholeSide(double value) {
    constexpr double max = 4294967295.0;
    if (!(value > 1)) {
        return 1;
    }
    return static_cast<std::uint64_t>(std::min(std::floor(value + 0.5), max));
}

// A formula's value: pixels, or a fraction if it is at most 1. As with numbers in a URL, a side
// above the maximum counts as not given.
std::optional<std::uint64_t> formulaSide(const Length& length, std::uint32_t sourceSide,
                                         double density, const ImageSizes& sizes) {
    const auto value = evaluate(length.formula, sizes);
    if (!value || !(*value > 0)) {
        return std::nullopt;
    }
    const double side = *value <= 1 ? *value * sourceSide : *value * density;
    return side > maxSide && *value > 1 ? 0 : wholeSide(side);
}

// 0 if the side is not given; empty if it has no value. Automatic sides are resolved before a
// render; an unresolved one is treated as not given.
std::optional<std::uint64_t> requestedSide(const Length& length, std::uint32_t sourceSide,
                                           double density, const ImageSizes& sizes) {
    switch (length.unit) {
        case Length::Unit::none:
        case Length::Unit::automatic:
            return 0;
        case Length::Unit::pixels:
            return wholeSide(length.value);
        case Length::Unit::fraction:
            return wholeSide(length.value * sourceSide);
        case Length::Unit::formula:
            return formulaSide(length, sourceSide, density, sizes);
    }
    return 0;
}

// The step with its density formula applied to its sides. Empty if the value is out of range.
std::optional<Step> withDensity(const Step& step, const ImageSizes& sizes) {
    const auto density = evaluate(step.densityFormula, sizes);
    if (!density || *density < minDensity || *density > maxDensity) {
        return std::nullopt;
    }
    Step resolved = step;
    resolved.densityFormula = {};
    multiplySides(resolved, *density);
    return resolved;
}

// The requested box; a side of 0 is not given.
std::optional<Box> requestedBox(Size source, const Step& step, const ImageSizes& sizes) {
    const auto width = requestedSide(step.width, source.width, step.density, sizes);
    const auto height = requestedSide(step.height, source.height, step.density, sizes);
    if (!width || !height) {
        return std::nullopt;
    }
    Box box{*width, *height};
    if (!step.aspectRatio || (box.width == 0) == (box.height == 0)) {
        return box;
    }
    const auto ratio = valueOf(*step.aspectRatio, sizes);
    if (!ratio || !(*ratio > 0)) {
        return std::nullopt;
    }
    if (box.height == 0) {
        box.height = wholeSide(static_cast<double>(box.width) / *ratio);
    } else {
        box.width = wholeSide(static_cast<double>(box.height) * *ratio);
    }
    return box;
}

// The largest size of the source's ratio inside the box, and the smallest that covers it.
Box inside(Box source, Box box) {
    if (box.width * source.height <= box.height * source.width) {
        return {box.width, scaledSide(source.height, box.width, source.width)};
    }
    return {scaledSide(source.width, box.height, source.height), box.height};
}

Box outside(Box source, Box box) {
    if (box.width * source.height >= box.height * source.width) {
        return {box.width, scaledSide(source.height, box.width, source.width)};
    }
    return {scaledSide(source.width, box.height, source.height), box.height};
}

bool isSmaller(Box one, Box other) {
    return one.width < other.width || one.height < other.height;
}

Box overlap(Box one, Box other) {
    return {std::min(one.width, other.width), std::min(one.height, other.height)};
}

struct Shape {
    Box scaled, cut, canvas;
};

Shape whole(Box size) {
    return {size, size, size};
}

// A source smaller than the box keeps its size and is cut to the box's ratio.
Shape coverRatio(Box source, Box box) {
    if (!isSmaller(source, box)) {
        return {outside(source, box), box, box};
    }
    const Box cut = overlap(inside(box, source), source);
    return {source, cut, cut};
}

Shape shapeInBox(Box source, Box box, Fit fit) {
    const Box within = inside(source, box);
    const Box covering = outside(source, box);
    const Box withinNoEnlarge = isSmaller(source, within) ? source : within;
    switch (fit) {
        case Fit::inside:
            return whole(within);
        case Fit::insideNoEnlarge:
            return whole(withinNoEnlarge);
        case Fit::insideNoShrink:
            return whole(isSmaller(within, source) ? source : within);
        case Fit::outside:
            return whole(covering);
        case Fit::cover:
            return {covering, box, box};
        case Fit::coverNoEnlarge: {
            const Box scaled = isSmaller(source, covering) ? source : covering;
            return {scaled, overlap(scaled, box), overlap(scaled, box)};
        }
        case Fit::coverRatio:
            return coverRatio(source, box);
        case Fit::stretch:
            return whole(box);
        case Fit::pad:
            return {within, within, box};
        case Fit::padNoEnlarge:
            return {withinNoEnlarge, withinNoEnlarge, box};
        case Fit::extract:
            return {source, overlap(source, box), overlap(source, box)};
        case Fit::padExtract:
            return {source, overlap(source, box), box};
    }
    return whole(source);
}

bool mayEnlarge(Fit fit) {
    return fit != Fit::insideNoEnlarge && fit != Fit::coverNoEnlarge && fit != Fit::coverRatio &&
           fit != Fit::padNoEnlarge;
}

// With one side only, the other follows the ratio and nothing is cut or padded.
Shape shapeOfOneSide(Box source, Box box, Fit fit) {
    const Box scaled = box.width != 0
                           ? Box{box.width, scaledSide(source.height, box.width, source.width)}
                           : Box{scaledSide(source.width, box.height, source.height), box.height};
    const bool enlarges = box.width > source.width || box.height > source.height;
    if (enlarges ? !mayEnlarge(fit) : fit == Fit::insideNoShrink) {
        return whole(source);
    }
    return whole(scaled);
}

Shape shapeOf(Box source, Box box, Fit fit) {
    if (fit == Fit::extract || fit == Fit::padExtract) {
        const Box filled{box.width != 0 ? box.width : source.width,
                         box.height != 0 ? box.height : source.height};
        return shapeInBox(source, filled, fit);
    }
    if (box.width == 0 && box.height == 0) {
        return whole(source);
    }
    if (box.width == 0 || box.height == 0) {
        return shapeOfOneSide(source, box, fit);
    }
    return shapeInBox(source, box, fit);
}

// The position in a larger area: the fraction of the free space, halves rounded up.
std::int32_t offset(double fraction, std::uint64_t room, std::uint64_t size) {
    const double share = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(room - size);
    return static_cast<std::int32_t>(std::floor(share + 0.5));
}

// Counts only what is computed: the limits of sources apply to an unscaled source.
bool exceeds(const Shape& shape, Box source, std::uint64_t maxPixels, std::uint32_t frames) {
    const auto tooLarge = [&](Box box) {
        return box.width > maxPlannedSide || box.height > maxPlannedSide ||
               pixelCount(box.width, box.height, frames) > maxPixels;
    };
    return (shape.scaled != source && tooLarge(shape.scaled)) || tooLarge(shape.cut) ||
           tooLarge(shape.canvas);
}

Size narrow(Box box) {
    return {static_cast<std::uint32_t>(box.width), static_cast<std::uint32_t>(box.height)};
}

// The requested start of a cut; empty optionals: gravity decides.
struct RequestedCorner {
    std::optional<std::int64_t> left, top;
};

// The offset itself, or the one that puts the middle of `side` at the requested centre.
std::optional<std::int64_t> requestedOffset(std::optional<std::int64_t> offset,
                                            std::optional<std::int64_t> centre,
                                            std::uint64_t side) {
    if (offset || !centre) {
        return offset;
    }
    return *centre - static_cast<std::int64_t>(side / 2);
}

// Empty if a formula has no value.
std::optional<RequestedCorner> requestedCorner(const Step& step, Box cut, const ImageSizes& sizes) {
    const std::optional<Quantity>* requested[] = {&step.x, &step.y, &step.centreX, &step.centreY};
    std::optional<std::int64_t> values[4];
    for (std::size_t i = 0; i < 4; ++i) {
        if (*requested[i]) {
            values[i] = pixelsOf(**requested[i], sizes);
            if (!values[i]) {
                return std::nullopt;
            }
        }
    }
    return RequestedCorner{requestedOffset(values[0], values[2], cut.width),
                           requestedOffset(values[1], values[3], cut.height)};
}

bool fitsAt(std::optional<std::int64_t> at, std::uint64_t requested, std::uint64_t side) {
    return !at ||
           (*at >= 0 && requested <= side && static_cast<std::uint64_t>(*at) <= side - requested);
}

Rectangle placeCut(const Shape& shape, const Gravity& gravity, const RequestedCorner& requested) {
    Rectangle cut{offset(gravity.x, shape.scaled.width, shape.cut.width),
                  offset(gravity.y, shape.scaled.height, shape.cut.height), narrow(shape.cut).width,
                  narrow(shape.cut).height};
    cut.left = static_cast<std::int32_t>(requested.left.value_or(cut.left));
    cut.top = static_cast<std::int32_t>(requested.top.value_or(cut.top));
    return cut;
}

ResizePlan planOf(const Shape& shape, const Step& step, const RequestedCorner& requested) {
    const bool isPoint = step.gravity.kind == Gravity::Kind::point;
    const Gravity gravity = isPoint ? step.gravity : Gravity{};
    ResizePlan plan;
    plan.scaled = narrow(shape.scaled);
    plan.cut = placeCut(shape, gravity, requested);
    plan.canvas = narrow(shape.canvas);
    plan.placed = {offset(gravity.x, shape.canvas.width, shape.cut.width),
                   offset(gravity.y, shape.canvas.height, shape.cut.height), plan.cut.width,
                   plan.cut.height};
    const bool isPlacedByHand = requested.left || requested.top;
    plan.cutByAttention = !isPoint && !isPlacedByHand && shape.cut != shape.scaled;
    return plan;
}

// For a trim: pixels or a fraction of the side, 0 if not given.
std::optional<std::uint64_t> trimmedLength(const Length& length, std::uint32_t side,
                                           const ImageSizes& sizes) {
    if (length.unit == Length::Unit::formula) {
        const auto value = evaluate(length.formula, sizes);
        if (!value || *value < 0) {
            return std::nullopt;
        }
        return static_cast<std::uint64_t>(std::floor((*value < 1 ? *value * side : *value) + 0.5));
    }
    const bool isFraction = length.unit == Length::Unit::fraction;
    const double value = isFraction ? length.value * side : length.value;
    const bool isGiven = isFraction || length.unit == Length::Unit::pixels;
    return isGiven && value > 0 ? static_cast<std::uint64_t>(std::floor(std::min(value, 1e9) + 0.5))
                                : 0;
}

struct Span {
    std::uint64_t from = 0, length = 0;
};

// The range between two sides, or of a box that begins at `near` and is `length` long (0: to the
// far edge).
Planned<Span> planSpan(std::uint32_t side, std::optional<std::uint64_t> near,
                       std::optional<std::uint64_t> far, std::optional<std::uint64_t> length) {
    if (!near || !far || !length) {
        return {std::nullopt, PlanProblem::noSize};
    }
    if (*near >= side || *far >= side - *near || *length > side - *near) {
        return {std::nullopt, PlanProblem::cutBeyondEdge};
    }
    return {Span{*near, *length != 0 ? *length : side - *near - *far}, {}};
}

bool isTrue(double left, Condition::Relation relation, double right) {
    switch (relation) {
        case Condition::Relation::equal:
            return left == right;
        case Condition::Relation::unequal:
            return left != right;
        case Condition::Relation::greater:
            return left > right;
        case Condition::Relation::greaterEqual:
            return left >= right;
        case Condition::Relation::less:
            return left < right;
        case Condition::Relation::lessEqual:
            return left <= right;
    }
    return false;
}

}  // namespace

Planned<ResizePlan> planResize(Size source, const Step& step, const ImageSizes& sizes,
                               PlanBounds bounds) {
    if (source.width == 0 || source.height == 0) {
        return {std::nullopt, PlanProblem::tooLarge};
    }
    if (!step.densityFormula.isEmpty()) {
        const auto resolved = withDensity(step, sizes);
        return resolved ? planResize(source, *resolved, sizes, bounds)
                        : Planned<ResizePlan>{std::nullopt, PlanProblem::noSize};
    }
    const Box from{source.width, source.height};
    const auto box = requestedBox(source, step, sizes);
    if (!box) {
        return {std::nullopt, PlanProblem::noSize};
    }
    RequestedCorner corner;
    if (step.fit == Fit::extract) {
        const Box cut{box->width != 0 ? box->width : from.width,
                      box->height != 0 ? box->height : from.height};
        const auto requested = requestedCorner(step, cut, sizes);
        if (!requested) {
            return {std::nullopt, PlanProblem::noSize};
        }
        corner = *requested;
        if (!fitsAt(corner.left, cut.width, from.width) ||
            !fitsAt(corner.top, cut.height, from.height)) {
            return {std::nullopt, PlanProblem::cutBeyondEdge};
        }
    }
    const Shape shape = shapeOf(from, *box, step.fit);
    if (exceeds(shape, from, bounds.pixels, bounds.frames)) {
        return {std::nullopt, PlanProblem::tooLarge};
    }
    return {planOf(shape, step, corner), PlanProblem::tooLarge};
}

Planned<Rectangle> planTrim(Size source, const Trim& trim, const ImageSizes& sizes) {
    const auto horizontal = [&](const Length& length) {
        return trimmedLength(length, source.width, sizes);
    };
    const auto vertical = [&](const Length& length) {
        return trimmedLength(length, source.height, sizes);
    };
    if (trim.kind != Trim::Kind::sides && trim.kind != Trim::Kind::box) {
        return {Rectangle{0, 0, source.width, source.height}, {}};
    }
    const bool isBox = trim.kind == Trim::Kind::box;
    const Length none;
    const auto across =
        planSpan(source.width, horizontal(trim.left), horizontal(isBox ? none : trim.right),
                 horizontal(isBox ? trim.width : none));
    const auto down =
        planSpan(source.height, vertical(trim.top), vertical(isBox ? none : trim.bottom),
                 vertical(isBox ? trim.height : none));
    if (!across.plan || !down.plan) {
        return {std::nullopt, across.plan ? down.problem : across.problem};
    }
    const Size left = narrow({across.plan->length, down.plan->length});
    return {Rectangle{static_cast<std::int32_t>(across.plan->from),
                      static_cast<std::int32_t>(down.plan->from), left.width, left.height},
            {}};
}

std::optional<double> valueOf(const Quantity& quantity, const ImageSizes& sizes) {
    return quantity.formula.isEmpty() ? quantity.constant : evaluate(quantity.formula, sizes);
}

std::optional<std::int64_t> pixelsOf(const Quantity& quantity, const ImageSizes& sizes) {
    constexpr double max = 1e12;
    const auto value = valueOf(quantity, sizes);
    if (!value || !(std::abs(*value) <= max)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::floor(*value + 0.5));
}

bool holds(const Condition& condition, const ImageSizes& sizes) {
    const auto isMet = [&](const Condition::Test& test) {
        const Expression property{{Operand{test.property}}};
        const auto value = evaluate(property, sizes);
        return value && isTrue(*value, test.relation, test.value);
    };
    return std::any_of(condition.anyOf.begin(), condition.anyOf.end(), [&](const auto& tests) {
        return std::all_of(tests.begin(), tests.end(), isMet);
    });
}

}  // namespace private_image
