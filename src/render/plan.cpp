// The arithmetic of every Fit. Integers where a ratio decides, so that halves round up exactly;
// every product fits 64 bits because sides are 32 bits wide.
#include "render/plan.hpp"

#include <algorithm>
#include <cmath>

#include "render/limits.hpp"

namespace private_image {

namespace {

// No image side may pass what libraries address with a signed 32-bit integer.
constexpr std::uint64_t longestPlannedSide = 10'000'000;

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
    constexpr double most = 4294967295.0;
    if (!(value > 1)) {
        return 1;
    }
    return static_cast<std::uint64_t>(std::min(std::floor(value + 0.5), most));
}

// 0 where the side is not given.
std::uint64_t askedSide(const Length& length, std::uint32_t sourceSide) {
    switch (length.unit) {
        case Length::Unit::none:
            return 0;
        case Length::Unit::pixels:
            return wholeSide(length.value);
        case Length::Unit::fraction:
            return wholeSide(length.value * sourceSide);
    }
    return 0;
}

// The box asked for; a side of 0 is not given.
Box askedBox(Size source, const Step& step) {
    Box box{askedSide(step.width, source.width), askedSide(step.height, source.height)};
    if (step.aspectRatio && *step.aspectRatio > 0) {
        if (box.width != 0 && box.height == 0) {
            box.height = wholeSide(static_cast<double>(box.width) / *step.aspectRatio);
        } else if (box.height != 0 && box.width == 0) {
            box.width = wholeSide(static_cast<double>(box.height) * *step.aspectRatio);
        }
    }
    return box;
}

// The largest size of the source's ratio within the box, and the smallest that covers it.
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

// A source that does not cover the box keeps its size and is cut to the box's ratio.
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

// With one side only the other follows the ratio, and nothing is cut or padded.
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

// Where something lies in a larger room: the fraction of what is left over, halves rounded up.
std::int32_t offset(double fraction, std::uint64_t room, std::uint64_t size) {
    const double share = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(room - size);
    return static_cast<std::int32_t>(std::floor(share + 0.5));
}

// Only what has to be made counts: an unscaled source was judged by the limits of sources.
bool exceeds(const Shape& shape, Box source, std::uint64_t maxPixels, std::uint32_t frames) {
    const auto tooLarge = [&](Box box) {
        return box.width > longestPlannedSide || box.height > longestPlannedSide ||
               pixelCount(box.width, box.height, frames) > maxPixels;
    };
    return (shape.scaled != source && tooLarge(shape.scaled)) || tooLarge(shape.cut) ||
           tooLarge(shape.canvas);
}

Size narrow(Box box) {
    return {static_cast<std::uint32_t>(box.width), static_cast<std::uint32_t>(box.height)};
}

bool fitsAt(std::optional<std::int32_t> at, std::uint64_t asked, std::uint64_t side) {
    return !at ||
           (*at >= 0 && static_cast<std::uint64_t>(*at) + (asked != 0 ? asked : side) <= side);
}

Rectangle placeCut(const Shape& shape, const Step& step) {
    Rectangle cut{offset(step.gravity.x, shape.scaled.width, shape.cut.width),
                  offset(step.gravity.y, shape.scaled.height, shape.cut.height),
                  narrow(shape.cut).width, narrow(shape.cut).height};
    if (step.fit == Fit::extract) {
        cut.left = step.x.value_or(cut.left);
        cut.top = step.y.value_or(cut.top);
    }
    return cut;
}

bool isMoving(Format format) {
    return format == Format::webp || format == Format::gif;
}

Format familyFormat(SourceType source, bool hasAlpha) {
    switch (source) {
        case SourceType::jpeg:
            return Format::jpeg;
        case SourceType::png:
        case SourceType::svg:
            return Format::png;
        case SourceType::webp:
            return Format::webp;
        case SourceType::gif:
            return Format::gif;
        case SourceType::avif:
            return Format::avif;
        case SourceType::heic:
        case SourceType::tiff:
        case SourceType::jxl:
            return hasAlpha ? Format::png : Format::jpeg;
    }
    return Format::jpeg;
}

}  // namespace

PlanResult planResize(Size source, const Step& step, std::uint64_t maxPixels,
                      std::uint32_t frames) {
    if (source.width == 0 || source.height == 0) {
        return {std::nullopt, PlanProblem::tooLarge};
    }
    const Box from{source.width, source.height};
    const Box box = askedBox(source, step);
    if (step.fit == Fit::extract &&
        (!fitsAt(step.x, box.width, from.width) || !fitsAt(step.y, box.height, from.height))) {
        return {std::nullopt, PlanProblem::cutBeyondEdge};
    }
    const Shape shape = shapeOf(from, box, step.fit);
    if (exceeds(shape, from, maxPixels, frames)) {
        return {std::nullopt, PlanProblem::tooLarge};
    }
    const bool placedByHand = step.fit == Fit::extract && (step.x || step.y);
    const bool isPoint = step.gravity.kind == Gravity::Kind::point;
    Step placing = step;
    placing.gravity = isPoint ? step.gravity : Gravity{};
    ResizePlan plan;
    plan.scaled = narrow(shape.scaled);
    plan.cut = placeCut(shape, placing);
    plan.canvas = narrow(shape.canvas);
    plan.placed = {offset(placing.gravity.x, shape.canvas.width, shape.cut.width),
                   offset(placing.gravity.y, shape.canvas.height, shape.cut.height), plan.cut.width,
                   plan.cut.height};
    plan.cutByAttention = !isPoint && !placedByHand && shape.cut != shape.scaled;
    return {plan, PlanProblem::tooLarge};
}

bool canAnimate(Format format) {
    return isMoving(format);
}

Format chooseFormat(const FormatQuestion& question) {
    if (question.named) {
        return *question.named;
    }
    if (!question.animated) {
        return question.negotiated.empty() ? familyFormat(question.source, question.hasAlpha)
                                           : question.negotiated.front();
    }
    const auto moving =
        std::find_if(question.negotiated.begin(), question.negotiated.end(), isMoving);
    if (moving != question.negotiated.end()) {
        return *moving;
    }
    return question.source == SourceType::webp ? Format::webp : Format::gif;
}

}  // namespace private_image
