// Sends a text as a whole answer.
#pragma once

#include <string_view>

#include "nginx/host/ngx.hpp"

namespace private_image {

// String literals: a Content-Type and its charset, which may be empty.
struct TextType {
    std::string_view name;
    std::string_view charset;
};

// Copies the text. The caller finalizes the request with the result. Throws std::bad_alloc.
ngx_int_t sendText(ngx_http_request_t* r, ngx_uint_t status, TextType type, std::string_view text);

}  // namespace private_image
