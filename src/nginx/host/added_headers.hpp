// The add_header lines of a location. NGINX's own module does not publish them, and applies them
// after every decision.
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

// Also empty if a later NGINX stores them in another form.
std::span<AddedHeader> addedHeaders(ngx_http_request_t* r);

// Makes add_header, expires and add_trailer of the location configuration `locations` hold for the
// rest of this answer, instead of those of the request's own location. Throws std::bad_alloc.
void useAddedHeadersOf(ngx_http_request_t* r, void** locations);

}  // namespace private_image
