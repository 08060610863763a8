#include "nginx/door/door_answer.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/text_answer.hpp"
#include "upload/cloudflare_api/answer.hpp"
#include "upload/imagekit_api/answer.hpp"

namespace private_image {
namespace {

constexpr std::string_view retrySeconds = "5";

// The level depends on whose fault it is.
ngx_uint_t logLevel(upload::Outcome outcome) {
    switch (outcome) {
        case upload::Outcome::storeError:
        case upload::Outcome::storeTimeout:
        case upload::Outcome::markUnseen:
            return NGX_LOG_ERR;
        case upload::Outcome::busy:
            return NGX_LOG_WARN;
        default:
            return NGX_LOG_INFO;
    }
}

// Messages may quote what the client sent, line ends included, and name a used token.
std::string loggable(const upload::UploadError& error) {
    if (error.outcome == upload::Outcome::usedToken) {
        return "the token was used before";
    }
    std::string text = error.message;
    std::ranges::replace_if(
        text, [](char c) { return isControl(c); }, '?');
    return text;
}

// $request_id has 32 hexadecimal digits at random.
void addRequestId(ngx_http_request_t* r) {
    static ngx_str_t name = ngx_string("request_id");
    const ngx_uint_t key = ngx_hash_key(name.data, name.len);
    const ngx_http_variable_value_t* id = ngx_http_get_variable(r, &name, key);
    if (id == nullptr || id->not_found) {
        return;
    }
    const std::string_view value(reinterpret_cast<const char*>(id->data), id->len);
    addHeader(r, "x-ik-requestId", value);
    addHeader(r, "x-request-id", value);
}

void addCommonHeaders(ngx_http_request_t* r) {
    r->disable_not_modified = 1;  // conditions of the client are not about this answer
    addHeader(r, "Cache-Control", "no-store");
    addRequestId(r);
}

}  // namespace

ngx_int_t sendJson(ngx_http_request_t* r, ngx_uint_t status, const std::string& json) {
    addCommonHeaders(r);
    return sendText(r, status, {"application/json", "utf-8"}, json);
}

ngx_int_t sendBytesHeader(ngx_http_request_t* r, std::string_view type, std::uint64_t bytes) {
    addCommonHeaders(r);
    addHeader(r, "X-Content-Type-Options", "nosniff");
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = static_cast<off_t>(bytes);
    r->headers_out.content_type =
        copyInto(r->pool, type.empty() ? std::string_view("application/octet-stream") : type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    return ngx_http_send_header(r);
}

ngx_int_t sendFile(ngx_http_request_t* r, int descriptor, std::uint64_t bytes) {
    auto* file = static_cast<ngx_file_t*>(ngx_pcalloc(r->pool, sizeof(ngx_file_t)));
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (file == nullptr || buffer == nullptr) {
        return NGX_ERROR;
    }
    file->fd = descriptor;
    file->name = ngx_string("an image");
    file->log = r->connection->log;
    buffer->file = file;
    buffer->in_file = bytes > 0 ? 1 : 0;
    buffer->file_last = static_cast<off_t>(bytes);
    buffer->last_buf = 1;
    ngx_chain_t out{buffer, nullptr};
    return ngx_http_output_filter(r, &out);
}

ngx_int_t sendNoContent(ngx_http_request_t* r) {
    addCommonHeaders(r);
    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;
    return ngx_http_send_header(r);
}

ngx_int_t sendUploadError(ngx_http_request_t* r, const Door& door, const upload::UploadError& error,
                          bool isSentToStore) {
    const std::string_view word = upload::outcomeWord(error.outcome);
    const std::string message = loggable(error);
    ngx_log_error(logLevel(error.outcome), r->connection->log, 0,
                  "private_image: refused at the door: %*s: %*s", word.size(), word.data(),
                  message.size(), message.data());
    if (upload::isFinal(error.outcome, isSentToStore)) {
        addHeader(r, "x-should-retry", "false");
    }
    if (error.outcome == upload::Outcome::busy) {
        addHeader(r, "Retry-After", retrySeconds);
    }
    return sendJson(r, upload::statusOf(error, door.dialect),
                    door.dialect == Dialect::cloudflare ? upload::cloudflareErrorAnswer(error)
                                                        : upload::imagekitErrorAnswer(error));
}

}  // namespace private_image
