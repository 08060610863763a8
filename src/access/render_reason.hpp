// The reason of a request whose render failed.
#pragma once

#include "access/reason.hpp"
#include "render/renderer.hpp"

namespace private_image {

Reason reasonOf(RenderProblem problem);

}  // namespace private_image
