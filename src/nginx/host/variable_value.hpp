// Returns values of variables to NGINX.
#pragma once

#include <stdexcept>
#include <string_view>

#include "nginx/host/log.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

// NGINX has 28 bits for the length of a value.
inline constexpr std::size_t maxVariableLength = (std::size_t{1} << 28) - 1;

// Sets the value to the text that `read()` returns. Logs an exception of it with the text `doing`.
template <typename Read>
ngx_int_t setVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value, const char* doing,
                      Read read) {
    try {
        const ngx_str_t text = copyInto(r->pool, read());
        if (text.len > maxVariableLength) {
            throw std::length_error("a variable's value is too long");
        }
        *value = {};
        value->valid = 1;
        value->data = text.data;
        value->len = text.len & maxVariableLength;
        return NGX_OK;
    } catch (...) {
        logException(r->connection->log, doing);
        return NGX_ERROR;
    }
}

}  // namespace private_image
