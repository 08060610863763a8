// The lines of add_header that hold in a location. NGINX's own module keeps them to itself, and
// applies them behind every decision.
#pragma once

#include <span>

#include "nginx/host/ngx.hpp"

namespace private_image {

// As ngx_http_headers_filter_module has declared it since 1.7.5.
struct AddedHeader {
    ngx_http_complex_value_t value;
    ngx_str_t key;
    void (*handler)();
    ngx_uint_t offset, always;
};

// Empty as well where a later NGINX keeps something else in their place.
std::span<AddedHeader> addedHeaders(ngx_http_request_t* r);

// Lets add_header, expires and add_trailer of the location `locations` count for the rest of this
// answer, instead of those of the location that the request is in. Throws std::bad_alloc.
void useAddedHeadersOf(ngx_http_request_t* r, void** locations);

}  // namespace private_image
