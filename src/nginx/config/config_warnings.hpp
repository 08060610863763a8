// Warnings about settings that are valid each by itself, but together do not protect images.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Once all locations are known. Warns of locations that a gate does not protect, of access rules
// that do not protect transformed images, of prefixes that match no request, of marks that are the
// same for every image, and of a status page that any client can read.
void warnOfConfiguration(ngx_conf_t* cf);

// Refuses a private_image_mark that depends on a variable which "set" writes, directly or through
// maps: "set" runs once for each request, but the mark is read for each of its images. Returns
// NGX_ERROR after an [emerg].
ngx_int_t checkMarkVariables(ngx_conf_t* cf);

}  // namespace private_image
