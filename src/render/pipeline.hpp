// What the steps of a transform do to an image, in the order that Step fixes. Knows no pixels of
// its own: each operation is a file under steps/.
#pragma once

#include <vector>

#include "render/canvas.hpp"

namespace private_image {

// How many layers lie around the image that is worked on: none for the main one.
inline constexpr int deepestLayer = 3;

// False, with the outcome filled in, on failure. The canvas is decoded afterwards.
bool runSteps(RenderContext& context, Canvas& canvas, const std::vector<Step>& steps,
              int depth = 0);

}  // namespace private_image
