// The normal form of numbers and lengths: formulas that depend on no image become their value.
#pragma once

#include <optional>

#include "transform/transform.hpp"

namespace private_image {

// A formula without variables becomes a number if its value is from `min` to `max`. Otherwise it
// stays, and the plan refuses it, as it refuses formulas whose value is invalid for an image.
void normaliseQuantity(Quantity& quantity, double min, double max);

// Whether the value depends on an image's size.
bool hasVariable(const Expression& formula);

// As normaliseQuantity(), for offsets in pixels.
void normaliseOffset(std::optional<Quantity>& offset);

// As normaliseQuantity(), for lengths; pixels from a formula are multiplied by `density` and
// rounded.
void normaliseLength(Length& length, double density);

// A length for which 0 means the same as not given.
Length normalOffset(Length length);

}  // namespace private_image
