// The normal form of transforms: members without effect are removed, and of two ways to write the
// same thing one is kept, so that equal work compares equal.
#pragma once

#include "transform/transform.hpp"

namespace private_image {

// Normalises one step. Removes what has no effect: a fit without a box, gravity without a cut,
// neutral effects, values of another kind than the chosen one. Formulas without variables become
// numbers if their value is in range; the plan judges the rest. Effects are put in their order; a
// half turn replaces two flips, and a rotation is from 0 to below 360.
void normalise(Step& step);

// Normalises all steps, including those of layers and choices, and removes steps that are empty
// then. The dialects call it once, at the end.
void normalise(Transform& transform);

// Whether the step may extend the canvas and so needs a background colour.
bool mayPad(const Step& step);

}  // namespace private_image
