// The colours that an image, or all frames of an animation together, show most of.
#pragma once

#include <span>
#include <vector>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `wanted` opaque colours, most frequent first, each clearly unlike the others; where an image has
// fewer, they repeat. Transparent pixels do not count; a wholly transparent image is black. Empty
// on failure. The frames should be settled.
std::vector<Colour> dominantColours(std::span<const Image> frames, std::size_t wanted,
                                    const Watch& watch);

}  // namespace private_image
