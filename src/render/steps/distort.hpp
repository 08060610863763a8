// Bends images: perspective by four corners, and arcs. What is left free is transparent.
#pragma once

#include <array>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

// x1 y1 … x4 y4 in pixels: where the top left, top right, bottom right and bottom left corner go.
using Corners = std::array<double, 8>;

// False for corners that no flat image can have: not convex, in a line, or beyond any canvas.
bool canTakeCorners(const Corners& corners);

// The canvas keeps its size; what goes beyond it is cut off. Empty unless canTakeCorners.
Image perspective(const Image& image, const Corners& corners, const Watch& watch);

// degrees: -360 to 360, not 0. Above 0 the middle bulges upwards, below downwards. The line through
// the middle keeps its length, unless the image is too high to be bent that far.
Size arcSize(Size size, double degrees);
Image arc(const Image& image, double degrees, const Watch& watch);

}  // namespace private_image
