// The normal form of numbers and lengths: formulas that depend on no image become their value.
// Knows no steps.
#pragma once

#include <optional>

#include "transform/transform.hpp"

namespace private_image {

// A formula without variables becomes a number if its value is from `least` to `most`. Otherwise it
// stays: the plan refuses it as it does one whose value an image made impossible.
void normaliseQuantity(Quantity& quantity, double least, double most);

// Whether its value depends on an image's size.
bool hasVariable(const Expression& formula);

// As normaliseQuantity, for offsets in pixels.
void normaliseOffset(std::optional<Quantity>& offset);

// The same for lengths; pixels that come out of a formula are multiplied by `density` and rounded.
void normaliseLength(Length& length, double density);

// A length where nothing at all is as good as none.
Length normalOffset(Length length);

}  // namespace private_image
