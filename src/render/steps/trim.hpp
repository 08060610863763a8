// Finds a uniform frame around an image. Cuts nothing: what is left is cut like any other
// rectangle.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// What is left when the frame that `trim` (of kind `frame`) describes is taken away; the whole
// image where nothing would be left. Of an animation, the frame has one colour, and what any of its
// images shows inside it is left. Looks at pixels: hand in what is settled, or the pixels are
// computed once more for the cut. Empty on failure.
std::optional<Rectangle> frameInside(std::span<const Image> images, const Trim& trim,
                                     const Watch& watch);

}  // namespace private_image
