// Sends an answer that stands in memory. Knows nothing of what it says.
#pragma once

#include <string_view>

#include "nginx/host/ngx.hpp"

namespace private_image {

// Both literals: a Content-Type and, or empty, its charset.
struct TextType {
    std::string_view name;
    std::string_view charset;
};

// Copies the text. What it returns finalizes the request. Throws std::bad_alloc.
ngx_int_t sendText(ngx_http_request_t* r, ngx_uint_t status, TextType type, std::string_view text);

}  // namespace private_image
