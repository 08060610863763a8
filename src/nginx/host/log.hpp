// One place where reasons become log lines and levels. Decides nothing.
#pragma once

#include <string>

#include "access/reason.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// "private_image: <reason>: <sentence>[: detail]" at the level of whose fault it is.
void logReason(ngx_http_request_t* r, Reason reason, const std::string& detail);

// For exceptions that reach a callback of NGINX.
void logException(ngx_log_t* log, const char* where) noexcept;

}  // namespace private_image
