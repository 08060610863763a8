// Checks of the configuration that need libvips, in a short-lived child process: a master that has
// started libvips would hang its workers. Knows no requests.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Refuses what the installed libvips cannot write or read, with the directive's place; drops from
// the default of private_image_auto_formats what it cannot write.
ngx_int_t checkWithVips(ngx_conf_t* cf);

}  // namespace private_image
