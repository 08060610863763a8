// Sharpening and blurring. Neighbouring colours are weighted by their alpha.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// amount 0 to 10; 1 suits photographs after reduction.
Image sharpen(const Image& image, double amount, const Watch& watch);

// Adds `amount` times the difference to a Gaussian of `sigma` that ends at `radius`, if twice the
// difference exceeds `threshold` (of the full range).
Image unsharpMask(const Image& image, const UnsharpMask& mask, const Watch& watch);

// radius 0 to 250 pixels.
Image blur(const Image& image, double radius, const Watch& watch);

}  // namespace private_image
