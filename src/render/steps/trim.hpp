// Finds a uniform frame around an image.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// The part that is left without the frame that `trim` (of kind `frame`) describes; the whole image
// if nothing would be left. In an animation, the frame has one colour, and everything that any
// image shows inside it is kept. Reads pixels: pass images in memory, or they are computed again
// for the cut. Empty on failure.
std::optional<Rectangle> frameInside(std::span<const Image> images, const Trim& trim,
                                     const Watch& watch);

}  // namespace private_image
