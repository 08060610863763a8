// What will be done, in numbers, before a pixel is decoded. Pure arithmetic; knows no libvips.
// Every number that depends on the image (fractions, formulas) becomes a pixel here, or a refusal.
#pragma once

#include <cstdint>
#include <optional>

#include "transform/transform.hpp"

namespace private_image {

struct Size {
    std::uint32_t width = 0, height = 0;
    bool operator==(const Size&) const = default;
};

struct Rectangle {
    std::int32_t left = 0, top = 0;
    std::uint32_t width = 0, height = 0;
    bool operator==(const Rectangle&) const = default;
};

// Scale to `scaled`, then cut `cut` out of it, then lay it at (`placed.left`, `placed.top`) on a
// canvas of `canvas`. cut covers all of scaled where nothing is cut; canvas equals cut's size
// where nothing is padded.
struct ResizePlan {
    Size scaled;
    Rectangle cut;
    Rectangle placed;
    Size canvas;
    bool cutByAttention = false;  // cut's left/top are to be chosen by content
    bool operator==(const ResizePlan&) const = default;
};

enum class PlanProblem : std::uint8_t {
    cutBeyondEdge,  // a cut or trim that leaves the image
    noSize,         // a formula without a value, or one that is no size
    tooLarge,
};

template <typename Plan>
struct Planned {
    std::optional<Plan> plan;
    PlanProblem problem = PlanProblem::tooLarge;
};

// What a plan may cost.
struct PlanBounds {
    std::uint64_t pixels = 0;  // of all frames together
    std::uint32_t frames = 1;
};

// The plan of one step's size for an image of `source`, which is upright, trimmed and turned. Sides
// are rounded to nearest, at least 1. `sizes`: what formulas are about. Fails where an extract with
// x, y or a centre leaves the image, or where any image in between would exceed the bounds.
Planned<ResizePlan> planResize(Size source, const Step& step, const ImageSizes& sizes,
                               PlanBounds bounds);

// What Trim::sides and Trim::box leave of an upright image; all of it for the other kinds. A box
// ends at the far edge where it has no width or height.
Planned<Rectangle> planTrim(Size source, const Trim& trim, const ImageSizes& sizes);

// Empty where a formula has no value.
std::optional<double> valueOf(const Quantity& quantity, const ImageSizes& sizes);

// The same in whole pixels, halves rounded up.
std::optional<std::int64_t> pixelsOf(const Quantity& quantity, const ImageSizes& sizes);

// False also where a side is not known.
bool holds(const Condition& condition, const ImageSizes& sizes);

}  // namespace private_image
