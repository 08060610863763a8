// The table of directives for NGINX.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

extern ngx_command_t directiveTable[];

}  // namespace private_image
