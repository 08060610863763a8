// The most frequent colours of an image, or of all frames of an animation together.
#pragma once

#include <span>
#include <vector>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `wanted` opaque colours, most frequent first, each clearly different from the others; they repeat
// if an image has fewer. Transparent pixels do not count; a wholly transparent image is black. The
// frames should be in memory. Empty on failure.
std::vector<Colour> dominantColours(std::span<const Image> frames, std::size_t wanted,
                                    const Watch& watch);

}  // namespace private_image
