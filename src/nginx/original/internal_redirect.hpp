// An answer leads elsewhere inside NGINX, by X-Accel-Redirect or error_page: its mark is kept, and
// an error page in place of an original refuses that original.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// SERVER_REWRITE and REWRITE phases. Always NGX_DECLINED.
ngx_int_t keepMarkOfRedirect(ngx_http_request_t* r);

}  // namespace private_image
