// EXIF orientation: maps sizes and rectangles to and from it, and turns pixels upright.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"

namespace private_image {

// True if upright width and height are the stored height and width.
bool swapsAxes(int orientation);

Size withAxesOf(int orientation, Size size);

// The part of the stored image that appears as `upright` in the upright image of `size`.
Rectangle storedRectangle(int orientation, Rectangle upright, Size size);

// Flips, then quarter turns clockwise; the result is one of the eight orientations.
int orientationOf(bool flipsHorizontally, bool flipsVertically, int quarterTurns);

// The orientation that turns an image of orientation `first` upright and then orients it by
// `second`.
int combinedOrientation(int first, int second);

// Turns an image upright. If that is impossible line by line, it is computed into memory first.
Image orient(const Image& image, int orientation, const Watch& watch);

}  // namespace private_image
