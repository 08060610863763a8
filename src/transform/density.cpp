// A fraction of the source has no pixels to multiply, and a formula's value is not known yet.
#include "transform/density.hpp"

#include <cmath>

namespace private_image {

namespace {

constexpr double maxMultipliedSide = 5000;

Length multiplied(Length side, double density) {
    if (side.unit == Length::Unit::pixels) {
        side.value = std::round(side.value * density);
    }
    return side;
}

bool isInRange(const Length& side) {
    return side.unit != Length::Unit::pixels ||
           (side.value >= 1 && side.value <= maxMultipliedSide);
}

}  // namespace

void multiplySides(Step& step, double density) {
    const Length width = multiplied(step.width, density);
    const Length height = multiplied(step.height, density);
    if (isInRange(width) && isInRange(height)) {
        step.width = width;
        step.height = height;
        step.density *= density;
    }
}

}  // namespace private_image
