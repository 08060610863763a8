// One effect of a step, whichever it is.
#pragma once

#include <functional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// False where a formula in it has no usable value for these sizes: the request's fault.
bool canApply(const Effect& effect, const ImageSizes& sizes);

// True if pixels decide what the effect does.
bool looksAtPixels(const Effect& effect);

using FrameOperation = std::function<Image(const Image&)>;

// What the effect does to each frame, decided once for all of them, which should be settled where
// it looks at pixels. The operation settles what it has to look at more than once; it must not
// outlive the watch. Empty on failure.
FrameOperation makeOperation(const Effect& effect, std::span<const Image> frames,
                             const ImageSizes& sizes, const Watch& watch);

}  // namespace private_image
