#include "nginx/host/log.hpp"

#include <exception>

namespace private_image {
namespace {

ngx_uint_t levelOf(Fault fault) {
    switch (fault) {
        case Fault::none:
        case Fault::client:
            return NGX_LOG_INFO;
        case Fault::limit:
            return NGX_LOG_WARN;
        case Fault::origin:
        case Fault::internal:
            return NGX_LOG_ERR;
    }
    return NGX_LOG_ERR;
}

}  // namespace

void logReason(ngx_http_request_t* r, Reason reason, const std::string& detail) {
    const std::string_view word = reasonWord(reason);
    std::string_view sentence = reasonSentence(reason);
    sentence.remove_suffix(sentence.ends_with('.'));
    ngx_log_error(levelOf(faultOf(reason)), r->connection->log, 0, "private_image: %*s: %*s%s%s",
                  word.size(), word.data(), sentence.size(), sentence.data(),
                  detail.empty() ? "" : ": ", detail.c_str());
}

void logDebug(ngx_log_t* log, [[maybe_unused]] const char* what,
              [[maybe_unused]] std::string_view detail) {
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: %s: %*s", what, detail.size(),
                   detail.data());
}

void logException(ngx_log_t* log, const char* where) noexcept {
    try {
        throw;
    } catch (const std::exception& exception) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "private_image: internal: %s: %s", where,
                      exception.what());
    } catch (...) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "private_image: internal: %s", where);
    }
}

}  // namespace private_image
