// The Accept header of a request.
#pragma once

#include <string>

#include "base/ascii.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {

// The values of all its lines, joined by commas.
inline std::string acceptHeader(ngx_http_request_t* r) {
    std::string accept;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](const ngx_table_elt_t& header) {
        if (header.hash != 0 && equalsIgnoringCase(view(header.key), "accept")) {
            accept.append(view(header.value)).append(",");
        }
        return true;
    });
    return accept;
}

}  // namespace private_image
