// Computes every number that depends on the image (fractions, formulas) in pixels, or refuses it,
// before a pixel is decoded.
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

// Scale to `scaled`, then cut `cut` out of it, then place it at (`placed.left`, `placed.top`) on a
// canvas of `canvas`. cut covers all of scaled if nothing is cut; canvas equals cut's size if
// nothing is padded.
struct ResizePlan {
    Size scaled;
    Rectangle cut;
    Rectangle placed;
    Size canvas;
    bool cutByAttention = false;  // the content decides cut's left and top
    bool operator==(const ResizePlan&) const = default;
};

enum class PlanProblem : std::uint8_t {
    cutBeyondEdge,  // a cut or trim reaches beyond the image
    noSize,         // a formula without a value, or with one that is not a size
    tooLarge,
};

template <typename Plan>
struct Planned {
    std::optional<Plan> plan;
    PlanProblem problem = PlanProblem::tooLarge;
};

// Limits of a plan.
struct PlanBounds {
    std::uint64_t pixels = 0;  // all frames together
    std::uint32_t frames = 1;
};

// Plans one step's size for an image of `source`, upright, trimmed and turned. Sides are rounded to
// nearest, at least 1. `sizes`: variables of formulas. Fails if an extract with x, y or a centre
// reaches beyond the image, or if an intermediate image would exceed the bounds.
Planned<ResizePlan> planResize(Size source, const Step& step, const ImageSizes& sizes,
                               PlanBounds bounds);

// The part of an upright image that Trim::sides and Trim::box keep; all of it for other kinds. A
// box without width or height ends at the far edge.
Planned<Rectangle> planTrim(Size source, const Trim& trim, const ImageSizes& sizes);

// Empty if a formula has no value.
std::optional<double> valueOf(const Quantity& quantity, const ImageSizes& sizes);

// The same in whole pixels, halves rounded up.
std::optional<std::int64_t> pixelsOf(const Quantity& quantity, const ImageSizes& sizes);

// False if a size in the condition is not known.
bool holds(const Condition& condition, const ImageSizes& sizes);

}  // namespace private_image
