// Cuts rectangles out.
#pragma once

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

Image cut(const Image& image, Rectangle rectangle);

// `rectangle` moved to the most interesting part. The image must be in memory. Empty on failure.
std::optional<Rectangle> attentionCut(const Image& image, Rectangle rectangle);

}  // namespace private_image
