// What nginx -t says of settings that are valid each by itself, but do not protect images together.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Once all locations are known. Warns of locations that a gate does not protect or that protect no
// transformed image, of prefixes that match no request, of marks that are the same for every image,
// and of a status page that is open to all.
void warnOfConfiguration(ngx_conf_t* cf);

// Refuses a private_image_mark that reads a variable which "set" writes, directly or through maps:
// "set" runs once a request, but the mark is read for each of its images. NGX_ERROR with an
// [emerg].
ngx_int_t checkMarkVariables(ngx_conf_t* cf);

}  // namespace private_image
