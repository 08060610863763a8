// Applies one effect of a step.
#pragma once

#include <functional>
#include <span>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// False if a formula of the effect has no valid value for these sizes.
bool canApply(const Effect& effect, const ImageSizes& sizes);

// True if the effect depends on the pixels of all frames.
bool looksAtPixels(const Effect& effect);

using FrameOperation = std::function<Image(const Image&)>;

// Makes the operation that applies the effect to each frame. If looksAtPixels(), the frames should
// be in memory. The operation computes pixels into memory if it needs them more than once; it must
// not outlive the watch. Empty on failure.
FrameOperation makeOperation(const Effect& effect, std::span<const Image> frames,
                             const ImageSizes& sizes, const Watch& watch);

}  // namespace private_image
