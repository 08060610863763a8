// The location with private_image_status: which requests it answers, and in which form.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Content handler of a location with private_image_status.
ngx_int_t handleStatus(ngx_http_request_t* r);

}  // namespace private_image
