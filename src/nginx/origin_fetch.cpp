#include "nginx/origin_fetch.hpp"

#include <algorithm>

#include "nginx/image_view.hpp"
#include "nginx/log.hpp"
#include "nginx/origin_mark.hpp"
#include "nginx/pool.hpp"
#include "render/probe.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ the end of a fetch

void refuseFetch(Fetch& fetch, Reason reason, std::string detail) {
    if (!fetch.refusal) {
        fetch.refusal = reason;
        fetch.detail = std::move(detail);
    }
}

bool isBroken(ngx_int_t rc) {
    return rc == NGX_ERROR || rc == NGX_HTTP_CLIENT_CLOSED_REQUEST ||
           rc == NGX_HTTP_REQUEST_TIME_OUT || rc == NGX_HTTP_CLOSE;
}

// NGINX does not tell a read timeout amid the body from a reset but by the time that has passed;
// its timers may be up to NGX_TIMER_LAZY_DELAY early.
bool endedBySilence(const Fetch& fetch, ngx_http_request_t* r) {
    const ngx_http_upstream_t* upstream = r->upstream;
    return upstream != nullptr && upstream->pipe != nullptr && upstream->pipe->upstream_error &&
           ngx_current_msec - fetch.heardAt + NGX_TIMER_LAZY_DELAY >= upstream->conf->read_timeout;
}

void checkWhole(Fetch& fetch, ngx_http_request_t* r) {
    if (fetch.refusal) {
        return;
    }
    const auto received = static_cast<off_t>(fetch.body.size());
    if (!fetch.headerSeen) {
        refuseFetch(fetch, Reason::originError, "no answer");
    } else if (!fetch.endSeen || (fetch.declaredLength >= 0 && received != fetch.declaredLength)) {
        refuseFetch(
            fetch, endedBySilence(fetch, r) ? Reason::originTimeout : Reason::originError,
            "the answer ended after " + std::to_string(received) + " bytes" +
                (fetch.declaredLength >= 0 ? " of " + std::to_string(fetch.declaredLength) : ""));
    }
}

// NGINX calls it when the subrequest is finalized, more than once where an error page follows or
// output is still pending.
ngx_int_t onFetchFinalized(ngx_http_request_t* r, void* data, ngx_int_t rc) {
    auto& fetch = *static_cast<Fetch*>(data);
    ngx_connection_t* connection = r->connection;
    if (fetch.isAborted) {
        // Our body filter's error was meant for the origin; the client's connection is sound.
        connection->error = fetch.connectionHadError;
        r->buffered = 0;
        rc = NGX_OK;
    }
    if ((r->buffered || r->postponed) && (rc == NGX_OK || rc == NGX_AGAIN)) {
        return rc;
    }
    if (connection->error || (isBroken(rc) && rc != NGX_ERROR)) {
        fetch.isFinished = true;
        return rc;
    }
    if (!fetch.headerSeen && rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;  // NGINX runs the origin's error_page, or sends its own page through our filter
    }
    if (connection->write->timer_set) {
        ngx_del_timer(connection->write);
    }
    if (!fetch.isFinished) {
        fetch.isFinished = true;
        fetch.finishedAt = ngx_current_msec;
        checkWhole(fetch, r);
    }
    return NGX_OK;
}

// ------------------------------------------------------------------ starting

ngx_int_t prepareSubrequest(RequestContext& context, Fetch& fetch, ngx_http_request_t* sr) {
    fetch.request = sr;
    fetch.startedAt = ngx_current_msec;
    sr->method = NGX_HTTP_GET;
    static ngx_str_t get = ngx_string("GET");
    sr->method_name = get;
    sr->request_body = nullptr;
    // The client's body is none of the fetch's: a discard that is under way stays the main's.
    sr->discard_body = 0;
    sr->header_in = context.r->header_in;
    sr->valid_unparsed_uri = 0;
    ngx_str_null(&sr->args);
    ngx_http_set_exten(sr);
    sr->variables = freshVariables(sr);
    return replaceHeaders(sr, context.r->headers_in, false);
}

// The gate's own location: no location search, rewrite or access phase runs again.
ngx_int_t startInOwnLocation(RequestContext& context, Fetch& fetch,
                             ngx_http_post_subrequest_t* after) {
    ngx_http_request_t* r = context.r;
    ngx_str_t uri = cleanUri(context, fetch.path);
    ngx_http_request_t* sr;
    if (!isHandledHere(r, uri)) {
        return NGX_DECLINED;
    }
    if (ngx_http_subrequest(r, &uri, nullptr, &sr, after,
                            NGX_HTTP_SUBREQUEST_CLONE | NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        return NGX_ERROR;
    }
    sr->unparsed_uri = escapedUri(r->pool, uri);
    sr->valid_location = 1;
    sr->content_handler = context.originHandler;
    sr->phase_handler = context.nextPhase;
    return prepareSubrequest(context, fetch, sr) == NGX_OK ? recapture(sr) : NGX_ERROR;
}

void runNamedLocation(ngx_http_request_t* sr) {
    RequestContext* context = contextOf(sr);
    ngx_str_t name = context->gate.namedOrigin;
    ngx_http_named_location(sr, &name);
    ngx_http_finalize_request(sr, NGX_DONE);
}

ngx_int_t startInNamedLocation(RequestContext& context, Fetch& fetch,
                               ngx_http_post_subrequest_t* after) {
    ngx_http_request_t* r = context.r;
    ngx_str_t uri = cleanUri(context, fetch.path);
    ngx_http_request_t* sr;
    if (ngx_http_subrequest(r, &uri, nullptr, &sr, after, NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        return NGX_ERROR;
    }
    sr->unparsed_uri = escapedUri(r->pool, uri);
    sr->write_event_handler = runNamedLocation;
    return prepareSubrequest(context, fetch, sr);
}

ngx_int_t startAtUri(RequestContext& context, Fetch& fetch, ngx_http_post_subrequest_t* after) {
    ngx_http_request_t* r = context.r;
    ngx_str_t uri;
    if (evaluateForImage(context, fetch.path, context.gate.origin, &uri) != NGX_OK ||
        uri.len == 0 || uri.data[0] != '/') {
        return NGX_ERROR;
    }
    ngx_http_request_t* sr;
    if (ngx_http_subrequest(r, &uri, nullptr, &sr, after, NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        return NGX_ERROR;
    }
    sr->unparsed_uri = escapedUri(r->pool, uri);
    return prepareSubrequest(context, fetch, sr);
}

// ------------------------------------------------------------------ headers

std::string textOf(const ngx_str_t& text) {
    return std::string(view(text));
}

bool isCopied(std::string_view name) {
    return name.starts_with("access-control-") || name == "cross-origin-resource-policy" ||
           name == "timing-allow-origin";
}

void keepHeaders(Fetch& fetch, ngx_http_request_t* r) {
    fetch.lastModifiedTime = r->headers_out.last_modified_time;
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](ngx_table_elt_t& header) {
        if (header.hash == 0) {
            return true;
        }
        std::string name = textOf(header.key);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        if (name == "etag") {
            fetch.etag = textOf(header.value);
        } else if (name == "last-modified") {
            fetch.lastModified = textOf(header.value);
        } else if (name == "cache-control") {
            fetch.cacheControl += (fetch.cacheControl.empty() ? "" : ", ") + textOf(header.value);
        } else if (name == "expires") {
            const time_t at = ngx_parse_http_time(header.value.data, header.value.len);
            fetch.expires = at == NGX_ERROR ? -1 : at - ngx_time();
        } else if (isCopied(name)) {
            fetch.copiedHeaders.emplace_back(textOf(header.key), textOf(header.value));
        }
        return true;
    });
    if (fetch.lastModifiedTime == -1 && !fetch.lastModified.empty()) {
        fetch.lastModifiedTime = ngx_parse_http_time(
            reinterpret_cast<u_char*>(fetch.lastModified.data()), fetch.lastModified.size());
    }
}

bool isEncoded(ngx_http_request_t* r) {
    const ngx_table_elt_t* encoding = r->headers_out.content_encoding;
    return encoding != nullptr && encoding->hash != 0 && encoding->value.len > 0 &&
           view(encoding->value) != "identity";
}

// What the headers alone refuse; the body is then never read.
void judgeHeaders(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    fetch.status = r->headers_out.status;
    if (fetch.isWayUnreadable) {
        refuseFetch(fetch, Reason::originError, "proxy_cache kept an error without its headers");
        return;
    }
    if (isAnsweredWithoutHeaders(context, r)) {
        refuseFetch(fetch, Reason::originError, "the origin does not answer in HTTP");
        return;
    }
    if (fetch.status != NGX_HTTP_OK && fetch.status != 203) {
        refuseFetch(fetch, reasonOfOriginStatus(r, fetch.status),
                    "the origin answered " + std::to_string(fetch.status));
        return;
    }
    bool failed = false;
    const Mark mark = markOfAnswer(context, r, fetch.path, fetch.markOnTheWay, failed);
    const bool isMain = &fetch == context.fetches.front().get();
    context.mark = isMain ? mark : combine(context.mark, mark);
    const Asked asked = isMain ? context.parsed->asked : Asked::original;
    fetch.decision = decide(asked, mark, context.signature, context.gate.policy);
    if (failed) {
        refuseFetch(fetch, Reason::internal, "private_image_mark could not be evaluated");
    } else if (!fetch.decision.allowed) {
        refuseFetch(fetch, fetch.decision.reason, "");
    } else if (mark == Mark::privateImage && isReachableAroundGate(r)) {
        refuseFetch(fetch, Reason::internal, reachableDetail(r));
    }
}

void judgeEntity(const Gate& gate, Fetch& fetch, ngx_http_request_t* r) {
    fetch.declaredLength = r->headers_out.content_length_n;
    if (isEncoded(r)) {
        refuseFetch(fetch, Reason::originError, "the origin sent Content-Encoding unasked");
    } else if (fetch.declaredLength > gate.maxSourceSize) {
        refuseFetch(fetch, Reason::tooLarge,
                    "source of " + std::to_string(fetch.declaredLength) +
                        " bytes, private_image_max_source_size allows " +
                        std::to_string(gate.maxSourceSize));
    }
}

// ------------------------------------------------------------------ body

// Ends the fetch from within its body filter.
ngx_int_t abortFetch(Fetch& fetch, ngx_http_request_t* r) {
    fetch.isAborted = true;
    fetch.connectionHadError = r->connection->error;
    if (r->upstream != nullptr) {
        r->upstream->cacheable = 0;  // else NGINX downloads the rest into proxy_cache
    }
    return NGX_ERROR;
}

void checkType(const Gate& gate, Fetch& fetch) {
    if (fetch.type || fetch.refusal) {
        return;
    }
    const auto bytes = fetch.body.bytes();
    if (bytes.size() < probeLength && !fetch.endSeen) {
        return;
    }
    if (bytes.empty()) {
        refuseFetch(fetch, Reason::damaged, "the source is empty");
        return;
    }
    fetch.type = probeType(bytes.first(std::min(bytes.size(), probeLength)));
    const auto& allowed = gate.render.sourceTypes;
    if (!fetch.type || std::find(allowed.begin(), allowed.end(), *fetch.type) == allowed.end()) {
        refuseFetch(fetch, Reason::unsupportedType,
                    "the source is none of private_image_source_types");
    }
}

void keepBytes(const Gate& gate, Fetch& fetch, ngx_buf_t* buffer) {
    const auto length = static_cast<std::size_t>(buffer->last - buffer->pos);
    const off_t most = fetch.declaredLength >= 0 ? fetch.declaredLength : gate.maxSourceSize;
    if (static_cast<off_t>(fetch.body.size() + length) > most) {
        refuseFetch(
            fetch, fetch.declaredLength >= 0 ? Reason::originError : Reason::tooLarge,
            "more than " + std::to_string(most) + " bytes" +
                (fetch.declaredLength >= 0 ? " announced"
                                           : ", which private_image_max_source_size allows"));
        return;
    }
    fetch.body.append(buffer->pos, length);
}

}  // namespace

ngx_int_t startFetch(RequestContext& context, Fetch& fetch) {
    auto* after = static_cast<ngx_http_post_subrequest_t*>(
        ngx_palloc(context.r->pool, sizeof(ngx_http_post_subrequest_t)));
    if (after == nullptr) {
        return NGX_ERROR;
    }
    after->handler = onFetchFinalized;
    after->data = &fetch;
    if (context.gate.namedOrigin.len != 0) {
        return startInNamedLocation(context, fetch, after);
    }
    return context.gate.origin != nullptr ? startAtUri(context, fetch, after)
                                          : startInOwnLocation(context, fetch, after);
}

ngx_int_t filterFetchHeader(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    if (fetch.isAbandoned) {
        r->header_sent = 1;
        return NGX_OK;
    }
    fetch.headerSeen = true;
    fetch.heardAt = ngx_current_msec;
    judgeHeaders(context, fetch, r);
    if (!fetch.refusal) {
        judgeEntity(context.gate, fetch, r);
    }
    if (fetch.refusal) {
        return NGX_HTTP_FORBIDDEN;  // any code: it ends the fetch, and onFetchFinalized hides it
    }
    keepHeaders(fetch, r);
    if (fetch.declaredLength > 0) {
        fetch.body.reserve(static_cast<std::size_t>(fetch.declaredLength));
    }
    r->filter_need_in_memory = 1;
    r->header_sent = 1;
    return NGX_OK;
}

ngx_int_t filterFetchBody(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                          ngx_chain_t* in) {
    for (ngx_chain_t* link = in; link != nullptr; link = link->next) {
        ngx_buf_t* buffer = link->buf;
        if (ngx_buf_size(buffer) != 0) {
            fetch.heardAt = ngx_current_msec;
        }
        const bool isWanted = !fetch.refusal && !fetch.isAbandoned;
        if (isWanted && ngx_buf_in_memory(buffer)) {
            keepBytes(context.gate, fetch, buffer);
        } else if (isWanted && ngx_buf_size(buffer) != 0) {
            refuseFetch(fetch, Reason::internal, "the answer was not brought into memory");
        }
        buffer->pos = buffer->last;
        buffer->file_pos = buffer->file_last;
        fetch.endSeen = fetch.endSeen || buffer->last_buf || buffer->last_in_chain;
    }
    if (fetch.isAbandoned) {
        return abortFetch(fetch, r);
    }
    checkType(context.gate, fetch);
    return fetch.refusal && !fetch.endSeen ? abortFetch(fetch, r) : NGX_OK;
}

void abandonFetch(RequestContext& context, Fetch& fetch) {
    ngx_http_request_t* sr = fetch.request;
    if (sr == nullptr || fetch.isFinished || fetch.isAbandoned) {
        return;
    }
    fetch.isAbandoned = true;
    fetch.isFinished = true;
    // From now on NGINX treats it as a background subrequest, so that the answer need not wait.
    sr->background = 1;
    context.r->connection->data = context.r;
    context.r->postponed = nullptr;
    // A thread may be at work for it: then it ends itself at its next byte, or by its own timeout.
    if (context.r->blocked != 0) {
        return;
    }
    if (sr->upstream != nullptr && sr->upstream->cleanup != nullptr &&
        *sr->upstream->cleanup != nullptr) {
        (*sr->upstream->cleanup)(sr);
    }
}

}  // namespace private_image
