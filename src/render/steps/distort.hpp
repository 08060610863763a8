// Bends images: perspective by four corners, and arcs. Uncovered areas are transparent.
#pragma once

#include <array>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

// x1 y1 … x4 y4 in pixels: the new positions of the top left, top right, bottom right and bottom
// left corner.
using Corners = std::array<double, 8>;

// False for corners that do not form a convex quadrilateral, or that lie beyond any canvas.
bool canTakeCorners(const Corners& corners);

// Keeps the canvas' size and cuts off what lies outside. Empty unless canTakeCorners().
Image perspective(const Image& image, const Corners& corners, const Watch& watch);

// degrees: -360 to 360, not 0. Above 0 the middle bulges upwards, below downwards. The line through
// the middle keeps its length, unless the image is too high for that bend.
Size arcSize(Size size, double degrees);
Image arc(const Image& image, double degrees, const Watch& watch);

}  // namespace private_image
