// The colours that an image shows most of.
#pragma once

#include <vector>

#include "render/steps/image.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `count` opaque colours, most frequent first, each clearly unlike the others; where an image has
// fewer, they repeat. Transparent pixels do not count; a wholly transparent image is black. Empty
// on failure. The image should be settled.
std::vector<Colour> dominantColours(const Image& image, std::size_t count, const Watch& watch);

}  // namespace private_image
