// The normal form of transforms: what has no effect is gone, and what can be said in two ways is
// said in one, so that equal work compares equal. Leaves the spelling to canonical.
#pragma once

#include "transform/transform.hpp"

namespace private_image {

// Takes away what has no effect in one step: how to fit where there is no box, what to keep where
// nothing is cut, neutral effects, values of another kind than the one asked for. Formulas without
// variables become numbers where their value is in range; the rest is for the plan to judge.
// Effects are put in their order; a half turn replaces two flips, and a rotation is from 0 to 360.
void normalise(Step& step);

// The same for all steps, those of layers and choices too; what is left empty goes. The dialects
// call it once, at the end.
void normalise(Transform& transform);

// Whether the step may extend the canvas, so that it needs a colour.
bool mayPad(const Step& step);

}  // namespace private_image
