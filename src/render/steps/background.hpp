// What lies under transparency and in padding.
#pragma once

#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// One colour, without metadata; 1 and 2 bands are grey, 2 and 4 have alpha.
Image plainImage(Size size, int bands, Colour colour);

// Opaque colours end the transparency; others leave the image as transparent as both together are.
Image layOn(const Image& image, Colour colour);

// The image at `placed` on a canvas of one colour, which does not go under it.
Image onCanvas(const Image& image, Rectangle placed, Size canvas, Colour colour);

// What a background comes to for all frames of an animation.
struct Backdrop {
    Colour colour{0, 0, 0, 255};
    Image canvas;  // opaque; counts instead of the colour where there is one
};

// Dominant colours are those of all frames together, a blurred background is their mean; both are
// opaque. The frames should be settled, but for plain colours. Empty on failure.
std::optional<Backdrop> makeBackdrop(std::span<const Image> frames, const Background& background,
                                     Size canvas, const Watch& watch);

// The image at `placed` on a backdrop that was made for `canvas`, which goes under it as well.
Image layOnBackdrop(const Image& image, const Backdrop& backdrop, Rectangle placed, Size canvas);

}  // namespace private_image
