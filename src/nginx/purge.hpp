// private_image_purge: drops everything known of one original. Knows no derivatives.
#pragma once

#include "nginx/ngx.hpp"

namespace private_image {

// Content handler of a location with private_image_purge.
ngx_int_t handlePurge(ngx_http_request_t* r);

}  // namespace private_image
