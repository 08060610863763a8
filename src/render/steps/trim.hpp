// Finds a uniform frame around an image. Cuts nothing: what is left is cut like any other
// rectangle.
#pragma once

#include <optional>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// What is left when the frame that `trim` (of kind `frame`) describes is taken away; the whole
// image where nothing would be left. Looks at pixels: hand in an image that is settled, or its
// pixels are computed once more for the cut. Empty on failure.
std::optional<Rectangle> frameInside(const Image& image, const Trim& trim, const Watch& watch);

}  // namespace private_image
