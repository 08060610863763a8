// What the signer answers: text or JSON, never to be kept. Which URLs are signed is left to
// sign_request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nginx/host/ngx.hpp"

namespace private_image {

struct SignedUrl {
    std::string url;
    std::int64_t expires = 0;
};

// All of them, one a line or as an array.
ngx_int_t answerList(ngx_http_request_t* r, const std::vector<SignedUrl>& urls);

// The URL alone, as the Worker answers it, or an object.
ngx_int_t answerOne(ngx_http_request_t* r, const SignedUrl& url);

// Why nothing is signed, as a sentence for the client; also logged.
ngx_int_t answerRefusal(ngx_http_request_t* r, ngx_uint_t status, const std::string& why);

// Header filter behind add_header and expires: whatever they and NGINX's own errors say, nothing
// that a signer answers may be kept by anybody.
void forbidKeeping(ngx_http_request_t* r);

}  // namespace private_image
