// Reads the URLs to sign from the request target, its arguments or its body.
#include "nginx/endpoints/sign_request.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/sign_arguments.hpp"
#include "dialect/url_signer.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/endpoints/sign_answer.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/client_address.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/host/request_target.hpp"

namespace private_image {
namespace {

// Limits of one list. Signing it takes milliseconds, during which other connections wait.
constexpr std::size_t maxLines = 1000;
constexpr std::size_t maxListLength = 1 << 20;

struct Refusal {
    ngx_uint_t status = NGX_HTTP_BAD_REQUEST;
    std::string why;
};

Error<Refusal> refused(std::string why) {
    return Error{Refusal{NGX_HTTP_BAD_REQUEST, std::move(why)}};
}

// ------------------------------------------------------------------ signing

Result<SignedUrl, std::string> sign(ngx_http_request_t* r, std::string_view url,
                                    std::int64_t seconds) {
    const LocationConfig& location = *locationConfig(r);
    const SignSetting& setting = *location.sign;
    const std::int64_t expires = expiryOf(ngx_time(), seconds, setting.lifetime.window);
    auto made = location.signer->sign(setting.dialect, url, expires);
    if (!made) {
        return Error{made.error()};
    }
    return SignedUrl{std::move(*made), expires};
}

Result<std::vector<SignedUrl>, Refusal> signLines(ngx_http_request_t* r, std::string_view text,
                                                  std::int64_t seconds) {
    std::vector<SignedUrl> urls;
    while (!text.empty()) {
        if (urls.size() == maxLines) {
            return Error{Refusal{NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                 "the list has more than " + std::to_string(maxLines) + " lines"}};
        }
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        auto made = sign(r, line, seconds);
        if (!made) {
            return refused("line " + std::to_string(urls.size() + 1) + ": " + made.error());
        }
        urls.push_back(std::move(*made));
    }
    if (urls.empty()) {
        return refused("the list is empty: write URLs into the body, one a line");
    }
    return urls;
}

// ------------------------------------------------------------------ GET

ngx_int_t answerGet(ngx_http_request_t* r, std::string_view rest) {
    const std::int64_t maxSeconds = locationConfig(r)->sign->lifetime.seconds;
    // A query that directly follows the location's name is the signer's own.
    SignArguments arguments{std::string(rest), maxSeconds};
    if (rest.starts_with('?')) {
        auto read = parseSignArguments(rest, maxSeconds);
        if (!read) {
            return sendRefusal(r, NGX_HTTP_BAD_REQUEST, read.error());
        }
        arguments = std::move(*read);
    }
    if (arguments.url.value_or("").empty()) {
        return sendRefusal(r, NGX_HTTP_BAD_REQUEST,
                           "no URL to sign: write it after the location's name, or as ?url=URL");
    }
    const auto made = sign(r, *arguments.url, arguments.ttl.value_or(maxSeconds));
    return made ? sendUrl(r, *made) : sendRefusal(r, NGX_HTTP_BAD_REQUEST, made.error());
}

// ------------------------------------------------------------------ POST

// Appends what a buffer holds, in memory or in the temporary file of a long body.
bool append(std::string& text, const ngx_buf_t& buffer) {
    if (!buffer.in_file) {
        text.append(reinterpret_cast<const char*>(buffer.pos), buffer.last - buffer.pos);
        return true;
    }
    const std::size_t before = text.size();
    const auto size = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
    text.resize(before + size);
    return ngx_read_file(buffer.file, reinterpret_cast<u_char*>(text.data() + before), size,
                         buffer.file_pos) == static_cast<ssize_t>(size);
}

Result<std::string, Refusal> readBody(ngx_http_request_t* r) {
    const ngx_chain_t* body = r->request_body == nullptr ? nullptr : r->request_body->bufs;
    off_t size = 0;
    for (const ngx_chain_t* link = body; link != nullptr; link = link->next) {
        size += ngx_buf_size(link->buf);
    }
    if (size > static_cast<off_t>(maxListLength)) {
        return Error{
            Refusal{NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                    "the list is longer than " + std::to_string(maxListLength) + " bytes"}};
    }
    std::string text;
    for (const ngx_chain_t* link = body; link != nullptr; link = link->next) {
        if (!append(text, *link->buf)) {
            return Error{Refusal{NGX_HTTP_INTERNAL_SERVER_ERROR, "the list cannot be read"}};
        }
    }
    return text;
}

ngx_int_t answerPost(ngx_http_request_t* r) {
    const std::int64_t maxSeconds = locationConfig(r)->sign->lifetime.seconds;
    const std::string_view rest = targetBelowLocation(r).value_or("");
    const std::string bodyOnly = "write the URLs of a POST into its body, one a line";
    if (!rest.empty() && !rest.starts_with('?')) {
        return sendRefusal(r, NGX_HTTP_BAD_REQUEST, bodyOnly);
    }
    const auto read = parseSignArguments(rest, maxSeconds);
    if (!read || read->url) {
        return sendRefusal(r, NGX_HTTP_BAD_REQUEST, read ? bodyOnly : read.error());
    }
    const auto text = readBody(r);
    if (!text) {
        return sendRefusal(r, text.error().status, text.error().why);
    }
    const auto urls = signLines(r, *text, read->ttl.value_or(maxSeconds));
    return urls ? sendList(r, *urls) : sendRefusal(r, urls.error().status, urls.error().why);
}

void onBody(ngx_http_request_t* r) {
    ngx_int_t rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    try {
        rc = answerPost(r);
    } catch (...) {
        logException(r->connection->log, "signing a list");
    }
    ngx_http_finalize_request(r, rc);
}

ngx_int_t startPost(ngx_http_request_t* r) {
    if (r->headers_in.content_length_n > static_cast<off_t>(maxListLength)) {
        if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
            return rc;
        }
        return sendRefusal(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                           "the list is longer than " + std::to_string(maxListLength) + " bytes");
    }
    const ngx_int_t rc = ngx_http_read_client_request_body(r, onBody);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

// ------------------------------------------------------------------ access and methods

// Checks the address first: clients that may not sign get no hint how to.
std::optional<Refusal> findRefusal(ngx_http_request_t* r) {
    const std::string_view why =
        locationConfig(r)->sign->acceptsRemoteClients ? std::string_view() : whyNotLocal(r);
    if (!why.empty()) {
        return Refusal{NGX_HTTP_FORBIDDEN, std::string(why)};
    }
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST)) == 0) {
        addHeader(r, "Allow", "GET, HEAD, POST");
        return Refusal{NGX_HTTP_NOT_ALLOWED, "the method is not GET, HEAD or POST"};
    }
    if (!targetBelowLocation(r)) {
        return Refusal{NGX_HTTP_BAD_REQUEST,
                       "the request target does not begin with the location's name as it is "
                       "configured"};
    }
    return std::nullopt;
}

ngx_int_t answerSign(ngx_http_request_t* r) {
    const std::optional<Refusal> refusal = findRefusal(r);
    if (!refusal && r->method == NGX_HTTP_POST) {
        return startPost(r);
    }
    if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    return refusal ? sendRefusal(r, refusal->status, refusal->why)
                   : answerGet(r, *targetBelowLocation(r));
}

ngx_int_t handleSign(ngx_http_request_t* r) {
    try {
        return answerSign(r);
    } catch (...) {
        logException(r->connection->log, "signing");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

}  // namespace

// Refuses subrequests: unparsed_uri is the main request's.
ngx_int_t enterSign(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handleSign;
    return NGX_OK;
}

}  // namespace private_image
