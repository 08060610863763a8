// Reads what is to be signed from the request target, its arguments or its body.
#include "nginx/endpoints/sign_request.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"
#include "dialect/signed_target.hpp"
#include "dialect/url_signer.hpp"
#include "nginx/config/sign_settings.hpp"
#include "nginx/endpoints/sign_answer.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/client_address.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

// What is signed at once, a matter of milliseconds: other connections wait for it.
constexpr std::size_t maxLines = 1000;
constexpr std::size_t maxListLength = 1 << 20;

struct Refusal {
    ngx_uint_t status = NGX_HTTP_BAD_REQUEST;
    std::string why;
};

Error<Refusal> refused(std::string why) {
    return Error{Refusal{NGX_HTTP_BAD_REQUEST, std::move(why)}};
}

// ------------------------------------------------------------------ the request target

// What stands behind the location's name, as the client sent it: NGINX merges the slashes of a URL
// and decodes its escapes. Nothing where the client spelled the location otherwise.
std::optional<std::string_view> behindLocation(ngx_http_request_t* r) {
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    const std::string_view target = view(r->unparsed_uri);
    const std::string_view name = view(core->name);
    if (!target.starts_with(name)) {
        return std::nullopt;
    }
    std::string_view rest = target.substr(name.size());
    if (!name.ends_with('/') && rest.starts_with('/')) {
        rest.remove_prefix(1);
    }
    return rest;
}

struct Question {
    std::optional<std::string> url;
    std::optional<std::int64_t> ttl;  // seconds
};

// Reads one argument into the question; what is wrong with it, or nothing.
std::string readArgument(std::string_view argument, std::int64_t longest, Question& question) {
    if (argument.starts_with("url=") && !question.url) {
        question.url = formDecode(argument.substr(4));
        return question.url ? "" : "url= is not percent-encoded as forms are";
    }
    if (argument.starts_with("ttl=") && !question.ttl) {
        const auto seconds =
            parseUnsigned(argument.substr(4), static_cast<std::uint64_t>(longest)).value_or(0);
        question.ttl = static_cast<std::int64_t>(seconds);
        return seconds > 0
                   ? ""
                   : "ttl= must be a number of seconds from 1 to " + std::to_string(longest);
    }
    return "what is " + inQuotes(argument) +
           "? Write ?url=URL with the URL percent-encoded, and &ttl=SECONDS";
}

// `query` begins with "?", or is empty.
Result<Question, Refusal> readArguments(std::string_view query, std::int64_t longest) {
    Question question;
    std::string mistake;
    forEachParameter(query, [&](std::string_view argument) {
        mistake = mistake.empty() ? readArgument(argument, longest, question) : mistake;
    });
    if (!mistake.empty()) {
        return refused(std::move(mistake));
    }
    return question;
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
    const std::int64_t longest = locationConfig(r)->sign->lifetime.seconds;
    // With nothing before the "?" it is the signer's own.
    Question question{std::string(rest), longest};
    if (rest.starts_with('?')) {
        auto asked = readArguments(rest, longest);
        if (!asked) {
            return answerRefusal(r, asked.error().status, asked.error().why);
        }
        question = std::move(*asked);
    }
    if (question.url.value_or("").empty()) {
        return answerRefusal(r, NGX_HTTP_BAD_REQUEST,
                             "no URL to sign: write it behind the location's name, or as ?url=URL");
    }
    const auto made = sign(r, *question.url, question.ttl.value_or(longest));
    return made ? answerOne(r, *made) : answerRefusal(r, NGX_HTTP_BAD_REQUEST, made.error());
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
    const std::int64_t longest = locationConfig(r)->sign->lifetime.seconds;
    const std::string_view rest = behindLocation(r).value_or("");
    const std::string bodyOnly = "write the URLs of a POST into its body, one a line";
    if (!rest.empty() && !rest.starts_with('?')) {
        return answerRefusal(r, NGX_HTTP_BAD_REQUEST, bodyOnly);
    }
    const auto asked = readArguments(rest, longest);
    if (!asked || asked->url) {
        return answerRefusal(r, NGX_HTTP_BAD_REQUEST, asked ? bodyOnly : asked.error().why);
    }
    const auto text = readBody(r);
    if (!text) {
        return answerRefusal(r, text.error().status, text.error().why);
    }
    const auto urls = signLines(r, *text, asked->ttl.value_or(longest));
    return urls ? answerList(r, *urls) : answerRefusal(r, urls.error().status, urls.error().why);
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
        return answerRefusal(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                             "the list is longer than " + std::to_string(maxListLength) + " bytes");
    }
    const ngx_int_t rc = ngx_http_read_client_request_body(r, onBody);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

// ------------------------------------------------------------------ who and how

// The address first: whoever may have nothing signed is not told how to.
std::optional<Refusal> refuseEarly(ngx_http_request_t* r) {
    const std::string_view why =
        locationConfig(r)->sign->isForAnybody ? std::string_view() : whyNotLocal(r);
    if (!why.empty()) {
        return Refusal{NGX_HTTP_FORBIDDEN, std::string(why)};
    }
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST)) == 0) {
        addHeader(r, "Allow", "GET, HEAD, POST");
        return Refusal{NGX_HTTP_NOT_ALLOWED, "the method is none of GET, HEAD and POST"};
    }
    if (!behindLocation(r)) {
        return Refusal{NGX_HTTP_BAD_REQUEST,
                       "the request target does not begin with the location's name as it is "
                       "written"};
    }
    return std::nullopt;
}

ngx_int_t answerSign(ngx_http_request_t* r) {
    const std::optional<Refusal> refusal = refuseEarly(r);
    if (!refusal && r->method == NGX_HTTP_POST) {
        return startPost(r);
    }
    if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    return refusal ? answerRefusal(r, refusal->status, refusal->why)
                   : answerGet(r, *behindLocation(r));
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

// Not for subrequests: the target would be the main request's.
ngx_int_t enterSign(ngx_http_request_t* r) {
    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }
    r->content_handler = handleSign;
    return NGX_OK;
}

}  // namespace private_image
