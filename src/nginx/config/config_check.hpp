// Checks of the configuration that need libvips, in a short-lived child process: a master that has
// started libvips would hang its workers.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Refuses watermarks, formats and source types that the installed libvips cannot read or write,
// with the directive's position; removes from the default of private_image_auto_formats what it
// cannot write.
ngx_int_t checkWithVips(ngx_conf_t* cf);

}  // namespace private_image
