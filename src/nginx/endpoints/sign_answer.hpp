// The answers of private_image_sign: text or JSON, which must not be stored.
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

// One URL for each line, or a JSON array.
ngx_int_t sendList(ngx_http_request_t* r, const std::vector<SignedUrl>& urls);

// The URL as text, as the example of a Cloudflare Worker returns it, or a JSON object.
ngx_int_t sendUrl(ngx_http_request_t* r, const SignedUrl& url);

// Sends the reason as a sentence, and logs it.
ngx_int_t sendRefusal(ngx_http_request_t* r, ngx_uint_t status, const std::string& why);

// Header filter that runs after add_header and expires: replaces their Cache-Control, also on
// NGINX's own error pages, so that no cache stores an answer of the signer.
void forbidStoring(ngx_http_request_t* r);

}  // namespace private_image
