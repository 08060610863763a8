// One effect of a step, whichever it is.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// False where a formula in it has no usable value for these sizes: the request's fault.
bool canApply(const Effect& effect, const ImageSizes& sizes);

// Settles what it has to look at more than once. Empty on failure.
Image applyEffect(const Image& image, const Effect& effect, const ImageSizes& sizes,
                  const Watch& watch);

}  // namespace private_image
