// The modes that combine a layer with the image below.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/overlay.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Draws `overlay` with its corner at `corner` of `base`, whose size is kept. The overlay's alpha
// holds its opacity. cutout and cutter add alpha; displace moves pixels by up to a tenth of the
// base's shorter side: red above the middle moves right, below it left; green above moves down,
// below it up.
Image combine(const Image& base, const Image& overlay, Corner corner, Layer::Mode mode,
              const Watch& watch);

}  // namespace private_image
