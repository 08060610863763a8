// What is laid over an image: layers of all kinds, with steps of their own, and watermarks.
#pragma once

#include "render/canvas.hpp"

namespace private_image {

// `depth`: 1 for a layer of the main image, up to deepestLayer. False, with the outcome filled in,
// on failure; so are watermarks that cannot be applied.
bool addLayer(RenderContext& context, Canvas& base, const Layer& layer, int depth);

// Those of the transform, in order.
bool addWatermarks(RenderContext& context, Canvas& base);

}  // namespace private_image
