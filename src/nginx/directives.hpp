// The table of directives. What each reads is in directives.cpp.
#pragma once

#include "nginx/ngx.hpp"

namespace private_image {

extern ngx_command_t directiveTable[];

}  // namespace private_image
