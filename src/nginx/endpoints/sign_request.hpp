// private_image_sign: which clients may have which URLs signed, and for how long.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// PRECONTENT phase of a location with private_image_sign: replaces the location's content handler.
ngx_int_t enterSign(ngx_http_request_t* r);

}  // namespace private_image
