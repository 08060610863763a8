// The names of objects that ImageKit can detect. This module has no detector: it accepts the names,
// and uses attention cropping.
#pragma once

#include <string_view>

namespace private_image::imagekit {

bool isObjectName(std::string_view name);

}  // namespace private_image::imagekit
