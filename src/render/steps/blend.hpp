// The modes in which a layer meets what it lies on.
#pragma once

#include "render/steps/image.hpp"
#include "render/steps/overlay.hpp"
#include "render/steps/watch.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `overlay` with its corner at `corner` of `base`, whose size stays. Opacity is in the overlay's
// alpha. cutout and cutter add alpha; displace moves pixels by up to a tenth of the base's shorter
// side: red to the right where above, to the left where below the middle, green down and up.
Image combine(const Image& base, const Image& overlay, Corner corner, Layer::Mode mode,
              const Watch& watch);

}  // namespace private_image
