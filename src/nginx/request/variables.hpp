// Variables for log_format, map and add_header.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

ngx_int_t addVariables(ngx_conf_t* cf);

}  // namespace private_image
