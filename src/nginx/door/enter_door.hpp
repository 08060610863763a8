// private_image_upload: the service's calls, by the path after the location's name.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// PRECONTENT phase of a door: replaces the location's content handler.
ngx_int_t enterDoor(ngx_http_request_t* r);

}  // namespace private_image
