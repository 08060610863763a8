// Applies the steps of a transform to an image, in the order documented at Step.
#pragma once

#include <vector>

#include "render/canvas.hpp"

namespace private_image {

// Levels of layers: 0 for the main image.
inline constexpr int maxLayerDepth = 3;

// Returns false on failure, with the outcome filled in. The canvas is decoded afterwards.
bool runSteps(RenderContext& context, Canvas& canvas, const std::vector<Step>& steps,
              int depth = 0);

}  // namespace private_image
