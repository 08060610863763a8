// Rounded corners.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Adds alpha; edges are smooth. If two radii are longer than their side, all shrink in proportion;
// with isMaximal the shorter sides become half circles.
Image roundCorners(const Image& image, const Rounding& rounding);

}  // namespace private_image
