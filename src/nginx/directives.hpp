// The table of directives, as NGINX wants it.
#pragma once

#include "nginx/ngx.hpp"

namespace private_image {

extern ngx_command_t directiveTable[];

}  // namespace private_image
