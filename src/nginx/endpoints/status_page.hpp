// The location with private_image_status: who may ask how, and in which form it is answered. What
// is told and how it is spelled is in status_figures and status_text.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// Content handler of a location with private_image_status.
ngx_int_t handleStatus(ngx_http_request_t* r);

}  // namespace private_image
