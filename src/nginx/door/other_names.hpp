// Under which other names the images of a door's store are known.
#pragma once

#include "nginx/config/other_modules.hpp"
#include "nginx/door/door.hpp"

namespace private_image {

// Adds the names by every gate with that folder or bucket, under every host that a server is named
// by.
void findOtherNames(ngx_conf_t* cf, const OtherModules& others, Door& door);

}  // namespace private_image
