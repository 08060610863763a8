// private_image_sign: who may have which URL signed, and until when. How it is signed is
// url_signer's, how it is answered sign_answer's.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

// PRECONTENT phase of a location with private_image_sign: whatever else answers there is passed by.
ngx_int_t enterSign(ngx_http_request_t* r);

}  // namespace private_image
