// Adds headers to an answer.
#pragma once

#include <new>
#include <string_view>

#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

// Copies name and value. Returns the header, because NGINX points at some of them. Throws
// std::bad_alloc.
inline ngx_table_elt_t* addHeader(ngx_http_request_t* r, std::string_view name,
                                  std::string_view value) {
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (header == nullptr) {
        throw std::bad_alloc();
    }
    *header = {};
    header->hash = 1;
    header->key = copyInto(r->pool, name);
    header->value = copyInto(r->pool, value);
    return header;
}

}  // namespace private_image
