// Finds the gate and the store of every door, once all locations are known.
#pragma once

#include <vector>

#include "nginx/door/door.hpp"

namespace private_image {

// NGX_ERROR after an [emerg] for a door that cannot work.
ngx_int_t compileDoors(ngx_conf_t* cf, const std::vector<DoorLocation*>& doors);

}  // namespace private_image
