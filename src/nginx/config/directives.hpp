// The table of directives, as NGINX wants it.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

extern ngx_command_t directiveTable[];

}  // namespace private_image
