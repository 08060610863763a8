// What lies under transparency and in padding.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Opaque colours end the transparency; others leave the image as transparent as both together are.
Image layOn(const Image& image, Colour colour);

// The image at `placed` on a canvas of one colour, which does not go under it.
Image onCanvas(const Image& image, Rectangle placed, Size canvas, Colour colour);

// Every kind of background under an image of its own size. Dominant colours are those of the image,
// a blurred background is the image itself; both are opaque.
Image layBackground(const Image& image, const Background& background, const Watch& watch);

// The image at `placed` on a canvas of the background, which goes under it as well.
Image padBackground(const Image& image, Rectangle placed, Size canvas, const Background& background,
                    const Watch& watch);

}  // namespace private_image
