// private_image_purge: drops everything known of one original. Knows no derivatives.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// PRECONTENT phase of a location with private_image_purge: whatever else answers there is passed
// by.
ngx_int_t enterPurge(ngx_http_request_t* r);

// Its content handler.
ngx_int_t handlePurge(ngx_http_request_t* r);

}  // namespace private_image
