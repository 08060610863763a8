// The things that ImageKit's detector knows by name. There is no detector here: their names are
// accepted, and attention stands in for them.
#pragma once

#include <string_view>

namespace private_image::imagekit {

bool isObjectName(std::string_view name);

}  // namespace private_image::imagekit
