// Draws layers of all kinds, with steps of their own, and watermarks over an image.
#pragma once

#include "render/canvas.hpp"

namespace private_image {

// `depth`: 1 for a layer of the main image, up to maxLayerDepth. Returns false on failure, also if
// a watermark cannot be drawn, with the outcome filled in.
bool addLayer(RenderContext& context, Canvas& base, const Layer& layer, int depth);

// Draws the watermarks of the transform, in order.
bool addWatermarks(RenderContext& context, Canvas& base);

}  // namespace private_image
