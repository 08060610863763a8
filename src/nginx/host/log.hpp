// Writes reasons to the log: the only place that maps them to levels.
#pragma once

#include <string>
#include <string_view>

#include "access/reason.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// "private_image: <reason>: <sentence>[: detail]"; the level depends on the reason's fault.
void logReason(ngx_http_request_t* r, Reason reason, const std::string& detail);

// "private_image: <what>: <detail>", for error_log … debug.
void logDebug(ngx_log_t* log, const char* what, std::string_view detail);

// Call it in a catch block of a function that NGINX calls: logs the current exception.
void logException(ngx_log_t* log, const char* where) noexcept;

}  // namespace private_image
