// From the merged settings of a location to what requests need. Knows no requests.
#pragma once

#include "nginx/config/location_config.hpp"

namespace private_image {

// Both return NGX_CONF_OK, or NGX_CONF_ERROR with an [emerg]. They may throw.

// Sets `location.gate`.
char* compileGate(ngx_conf_t* cf, LocationConfig& location);

// Sets `location.purge`. What a purge drops is named as a gate names it; where no prefix is
// written, by the whole path.
char* compilePurge(ngx_conf_t* cf, LocationConfig& location);

}  // namespace private_image
