// EXIF orientation: sizes and rectangles carried to and from it, and pixels turned upright.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

// True where upright width and height are the stored height and width.
bool swapsAxes(int orientation);

Size withAxesOf(int orientation, Size size);

// The part of the stored image that appears as `upright` in the upright image of `size`.
Rectangle storedRectangle(int orientation, Rectangle upright, Size size);

// Flips, and then quarter turns clockwise: one of the same eight.
int orientationOf(bool flipsHorizontally, bool flipsVertically, int quarterTurns);

// What an image of `orientation` needs that, once upright, is to be oriented as `then` says.
int orientationThen(int orientation, int then);

// Turned upright. What cannot be done line by line is computed into memory first.
Image orient(const Image& image, int orientation, const Watch& watch);

}  // namespace private_image
