// Compiles the merged settings of a location into a Gate, which requests use.
#pragma once

#include "nginx/config/location_config.hpp"

namespace private_image {

// Both return NGX_CONF_OK, or NGX_CONF_ERROR with an [emerg]. They may throw.

// Sets `location.gate`.
char* compileGate(ngx_conf_t* cf, LocationConfig& location);

// Sets `location.purge`. A purge names images as a gate does; without a prefix, by the whole path.
char* compilePurge(ngx_conf_t* cf, LocationConfig& location);

}  // namespace private_image
