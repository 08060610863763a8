// The variables of private_image_signed: a value, signed by the location that uses it.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// The get handler of such a variable; `data` is its SignedVariable.
ngx_int_t getSignedVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                            uintptr_t data);

}  // namespace private_image
