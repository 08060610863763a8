// Rotation by any angle.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Of the canvas that holds all of the rotated image; exact for multiples of 90, else to a pixel.
Size rotatedSize(Size size, double degrees);

// Clockwise. Multiples of 90 degrees move pixels and change none; others add what the background
// needs: alpha where it is not opaque, colour where it is not grey.
Image rotate(const Image& image, double degrees, Colour background, const Watch& watch);

}  // namespace private_image
