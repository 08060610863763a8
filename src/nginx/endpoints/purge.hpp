// private_image_purge: voids everything that is known of one original.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// PRECONTENT phase of a location with private_image_purge: replaces the location's content handler.
ngx_int_t enterPurge(ngx_http_request_t* r);

// Its content handler.
ngx_int_t handlePurge(ngx_http_request_t* r);

}  // namespace private_image
