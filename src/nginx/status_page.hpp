// private_image_status: the counters as Prometheus text, JSON or a page for people. Counts nothing.
#pragma once

#include <cstdint>

#include "nginx/ngx.hpp"

namespace private_image {

enum class StatusFormat : std::uint8_t { negotiated, prometheus, json, html };

// Content handler of a location with private_image_status.
ngx_int_t handleStatus(ngx_http_request_t* r);

}  // namespace private_image
