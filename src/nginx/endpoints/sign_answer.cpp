#include "nginx/endpoints/sign_answer.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/accept.hpp"
#include "base/ascii.hpp"
#include "nginx/host/accept_header.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/text_answer.hpp"

namespace private_image {
namespace {

using Json = nlohmann::ordered_json;

// ------------------------------------------------------------------ Accept

bool hasName(const ngx_table_elt_t& header, std::string_view name) {
    return header.hash != 0 && equalsIgnoringCase(view(header.key), name);
}

bool wantsJson(ngx_http_request_t* r) {
    const std::string accept = acceptHeader(r);
    const auto ranges = parseAccept(accept);
    const int json = weightOfType(ranges, "application/json");
    return json > 0 && json >= weightOfType(ranges, "text/plain");
}

// ------------------------------------------------------------------ JSON

TextType typeOf(bool isJson) {
    return {isJson ? "application/json" : "text/plain", {}};
}

// A refusal may quote what the client sent, in any encoding.
std::string textOf(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json jsonOf(const SignedUrl& one) {
    return {{"url", one.url}, {"expires", one.expires}};
}

Json jsonOf(const std::vector<SignedUrl>& urls) {
    Json list = Json::array();
    for (const SignedUrl& one : urls) {
        list.push_back(jsonOf(one));
    }
    return list;
}

std::string linesOf(const std::vector<SignedUrl>& urls) {
    std::string text;
    for (const SignedUrl& one : urls) {
        text += one.url + '\n';
    }
    return text;
}

}  // namespace

ngx_int_t sendList(ngx_http_request_t* r, const std::vector<SignedUrl>& urls) {
    const bool isJson = wantsJson(r);
    return sendText(r, NGX_HTTP_OK, typeOf(isJson), isJson ? textOf(jsonOf(urls)) : linesOf(urls));
}

ngx_int_t sendUrl(ngx_http_request_t* r, const SignedUrl& url) {
    const bool isJson = wantsJson(r);
    return sendText(r, NGX_HTTP_OK, typeOf(isJson), isJson ? textOf(jsonOf(url)) : url.url);
}

ngx_int_t sendRefusal(ngx_http_request_t* r, ngx_uint_t status, const std::string& why) {
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "private_image: signing refused: %*s",
                  why.size(), why.data());
    const bool isJson = wantsJson(r);
    return sendText(r, status, typeOf(isJson), isJson ? textOf(Json{{"error", why}}) : why + '\n');
}

void forbidStoring(ngx_http_request_t* r) {
    forEach<ngx_table_elt_t>(r->headers_out.headers, [](ngx_table_elt_t& header) {
        for (const char* name : {"Cache-Control", "Expires", "X-Content-Type-Options"}) {
            header.hash = hasName(header, name) ? 0 : header.hash;
        }
        return true;
    });
    addHeader(r, "Cache-Control", "no-store");
    addHeader(r, "X-Content-Type-Options", "nosniff");
}

}  // namespace private_image
