// How a screen's density, ImageKit's dpr, multiplies the sides of a step.
#pragma once

#include "transform/transform.hpp"

namespace private_image {

// The range of a density, also as the value of a formula.
inline constexpr double minDensity = 0.1;
inline constexpr double maxDensity = 5;

// Multiplies sides in pixels, and Step::density for sides that are known only later. Does nothing
// if a side would leave 1 to 5000 pixels, since the box would lose its ratio.
void multiplySides(Step& step, double density);

}  // namespace private_image
