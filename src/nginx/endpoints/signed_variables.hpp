// The variables of private_image_signed: a value, signed by the location that uses it.
#pragma once

#include "access/reason.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

struct SignedVariable {
    ngx_str_t name{};  // without "$"
    Dialect dialect = Dialect::cloudflare;
    SignatureLifetime lifetime;
    ngx_http_complex_value_t* value = nullptr;
};

// `variable` lives as long as the configuration. NGX_DECLINED: another directive has the name;
// NGX_ERROR: NGINX has said why.
ngx_int_t addSignedVariable(ngx_conf_t* cf, SignedVariable& variable);

}  // namespace private_image
