#include "nginx/original/origin_answer.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "nginx/host/ignored_headers.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

constexpr std::int64_t maxAgeSeconds = 365LL * 24 * 3600;

bool isCopied(std::string_view name) {
    return name.starts_with("access-control-") || name == "cross-origin-resource-policy" ||
           name == "timing-allow-origin";
}

std::int64_t secondsLeft(const ngx_str_t& date) {
    const time_t at = ngx_parse_http_time(date.data, date.len);
    return at == NGX_ERROR ? -1 : at - ngx_time();
}

// An age that cannot be read counts as none, one beyond all bounds as the longest.
std::int64_t readAge(std::string_view value) {
    const bool isNumber =
        !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!isNumber) {
        return 0;
    }
    const auto seconds = parseUnsigned(value, maxAgeSeconds);
    return seconds ? static_cast<std::int64_t>(*seconds) : maxAgeSeconds;
}

void readHeader(const ngx_table_elt_t& header, AnswerHeaders& headers) {
    const std::string name = toLowerCase(view(header.key));
    if (name == "etag") {
        headers.etag = view(header.value);
    } else if (name == "last-modified") {
        headers.lastModified = view(header.value);
    } else if (name == "cache-control") {
        headers.cacheControl += (headers.cacheControl.empty() ? "" : ", ");
        headers.cacheControl += view(header.value);
    } else if (name == "expires") {
        headers.expires = secondsLeft(header.value);
    } else if (name == "age") {
        headers.age = readAge(view(header.value));
    } else if (isCopied(name)) {
        headers.copied.emplace_back(view(header.key), view(header.value));
    }
}

// Headers for NGINX's own cache are in the upstream's list only.
void readUpstreamHeader(const ngx_table_elt_t& header, AnswerHeaders& headers) {
    const std::string name = toLowerCase(view(header.key));
    if (name == "x-accel-expires") {
        headers.accelExpires = readAccelExpires(view(header.value), ngx_time());
    } else if (name == "vary") {
        headers.variesByAll = headers.variesByAll || view(header.value) == "*";
    }
}

}  // namespace

AnswerHeaders readAnswerHeaders(ngx_http_request_t* r, void** gateLocations) {
    AnswerHeaders headers;
    headers.ignored = ignoredHeaders(r, gateLocations);
    if (r->upstream != nullptr && r->upstream->headers_in.headers.part.elts != nullptr) {
        forEach<ngx_table_elt_t>(r->upstream->headers_in.headers, [&](ngx_table_elt_t& header) {
            readUpstreamHeader(header, headers);
            return true;
        });
    }
    if (headers.ignored.accelExpires) {
        headers.accelExpires.reset();
    }
    headers.lastModifiedTime = r->headers_out.last_modified_time;
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](ngx_table_elt_t& header) {
        if (header.hash != 0) {
            readHeader(header, headers);
        }
        return true;
    });
    if (headers.lastModifiedTime == -1 && !headers.lastModified.empty()) {
        headers.lastModifiedTime = ngx_parse_http_time(
            reinterpret_cast<u_char*>(headers.lastModified.data()), headers.lastModified.size());
    }
    return headers;
}

bool hasLifetime(const AnswerHeaders& headers) {
    return !headers.cacheControl.empty() || headers.expires.has_value();
}

}  // namespace private_image
