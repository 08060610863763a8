// Colours and canvases below transparency and in padding.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// One colour, without metadata; 1 and 2 bands are grey, 2 and 4 have alpha.
Image plainImage(Size size, int bands, Colour colour);

// Composites the image over a colour. The result has alpha only if the colour is not opaque.
Image drawOn(const Image& image, Colour colour);

// The image at `placed` on a canvas of one colour, which does not show through the image.
Image onCanvas(const Image& image, Rectangle placed, Size canvas, Colour colour);

// A background made ready for all frames of an animation.
struct Backdrop {
    Colour colour{0, 0, 0, 255};
    Image canvas;  // opaque; replaces the colour if present
};

// Dominant colours are those of all frames together, a blurred background is their mean; both are
// opaque. Unless the background is a plain colour, the frames should be in memory. Empty on
// failure.
std::optional<Backdrop> makeBackdrop(std::span<const Image> frames, const Background& background,
                                     Size canvas, const Watch& watch);

// The image at `placed` on a backdrop that was made for `canvas`, which shows through the image.
Image drawOnBackdrop(const Image& image, const Backdrop& backdrop, Rectangle placed, Size canvas);

}  // namespace private_image
