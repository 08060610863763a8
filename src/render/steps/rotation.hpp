// Rotation by any angle.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// The size of the canvas that holds the whole rotated image; exact for multiples of 90, else to a
// pixel.
Size rotatedSize(Size size, double degrees);

// Clockwise. Multiples of 90 degrees only move pixels; other angles add bands that the background
// needs: alpha if it is not opaque, colour if it is not grey.
Image rotate(const Image& image, double degrees, Colour background, const Watch& watch);

}  // namespace private_image
