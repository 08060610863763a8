#include "nginx/endpoints/status_page.hpp"

#include <string>
#include <vector>

#include "base/accept.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/endpoints/status_figures.hpp"
#include "nginx/host/accept_header.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/client_address.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/text_answer.hpp"
#include "nginx/shared_memory/shared_zone.hpp"
#include "status/formats.hpp"

namespace private_image {
namespace {

constexpr std::string_view utf8 = "utf-8";

// The Accept header of Prometheus names neither HTML nor JSON.
StatusFormat negotiate(ngx_http_request_t* r) {
    const std::string accept = acceptHeader(r);
    const auto ranges = parseAccept(accept);
    return weightOfType(ranges, "text/html") > 0          ? StatusFormat::html
           : weightOfType(ranges, "application/json") > 0 ? StatusFormat::json
                                                          : StatusFormat::prometheus;
}

ngx_int_t answer(ngx_http_request_t* r, StatusFormat format, const std::vector<Group>& groups) {
    switch (format) {
        case StatusFormat::html:
            return sendText(r, NGX_HTTP_OK, {"text/html", utf8}, htmlText(groups));
        case StatusFormat::json:
            return sendText(r, NGX_HTTP_OK, {"application/json", utf8}, jsonText(groups));
        case StatusFormat::prometheus:
        case StatusFormat::negotiated:
            break;
    }
    return sendText(r, NGX_HTTP_OK, {"text/plain; version=0.0.4", utf8}, prometheusText(groups));
}

ngx_int_t answerStatus(ngx_http_request_t* r) {
    addHeader(r, "Cache-Control", "no-store");
    addHeader(r, "X-Content-Type-Options", "nosniff");
    // Behind a local proxy "allow 127.0.0.1" checks the address of the proxy, not of its client.
    if (isForwardedLocally(r)) {
        const std::string_view why = whyNotLocal(r);
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "private_image: status refused: %*s, write set_real_ip_from for that proxy",
                      why.size(), why.data());
        return NGX_HTTP_FORBIDDEN;
    }
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
        addHeader(r, "Allow", "GET, HEAD");
        return NGX_HTTP_NOT_ALLOWED;
    }
    if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    const ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return sendText(r, NGX_HTTP_SERVICE_UNAVAILABLE, {"text/plain", utf8},
                        "Nothing is counted while private_image_zone is off.\n");
    }
    const auto& config =
        *static_cast<MainConfig*>(ngx_http_get_module_main_conf(r, ngx_http_private_image_module));
    const StatusFormat configured = locationConfig(r)->statusFormat;
    return answer(r, configured == StatusFormat::negotiated ? negotiate(r) : configured,
                  gatherFigures(*zone, config));
}

}  // namespace

ngx_int_t handleStatus(ngx_http_request_t* r) {
    try {
        return answerStatus(r);
    } catch (...) {
        logException(r->connection->log, "answering the status");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace private_image
