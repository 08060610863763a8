#include "nginx/derivative/origin_fetch.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "access/content_coding.hpp"
#include "base/ascii.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/original/origin_mark.hpp"
#include "nginx/request/request_rewriting.hpp"
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
    if (fetch.refusal || fetch.isConfirmed || fetch.isContradicted) {
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
    // A timer of limit_rate belongs to what the client was sent before, by what led here as a
    // post_action: without it the connection would wait for ever.
    if (connection->write->timer_set && !connection->write->delayed) {
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

// Without a body to be wanted there is nothing to ask for but the headers of the whole answer.
// Nor can a 304 without a flag stand for a mark that was read in another way.
ngx_int_t addConditions(const RequestContext& context, Fetch& fetch, ngx_http_request_t* sr) {
    fetch.hasConditions = fetch.confirms != nullptr && fetch.wantsBody &&
                          fetch.source->known->policyDigest == context.gate.readerDigest;
    if (!fetch.hasConditions) {
        return NGX_OK;
    }
    const std::string_view etag = fetch.confirms->etag;
    const std::string_view lastModified = fetch.confirms->lastModified;
    if (!etag.empty() && addRequestHeader(sr, "If-None-Match", etag) != NGX_OK) {
        return NGX_ERROR;
    }
    return lastModified.empty() ? NGX_OK : addRequestHeader(sr, "If-Modified-Since", lastModified);
}

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
    if (replaceHeaders(sr, context.r->headers_in, false) != NGX_OK) {
        return NGX_ERROR;
    }
    return addConditions(context, fetch, sr);
}

// The gate's own location: no location search, rewrite or access phase runs again.
ngx_int_t startInOwnLocation(RequestContext& context, Fetch& fetch,
                             ngx_http_post_subrequest_t* after) {
    ngx_http_request_t* r = context.r;
    ngx_str_t uri = fetch.source->uri;
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
    ngx_str_t uri = fetch.source->uri;
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
    ngx_str_t uri = fetch.source->uri;
    ngx_http_request_t* sr;
    if (ngx_http_subrequest(r, &uri, nullptr, &sr, after, NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        return NGX_ERROR;
    }
    sr->unparsed_uri = escapedUri(r->pool, uri);
    return prepareSubrequest(context, fetch, sr);
}

// ------------------------------------------------------------------ headers

// NGINX's own pointer to the header is that of the last one alone.
bool isEncoded(ngx_http_request_t* r) {
    bool encoded = false;
    forEach<ngx_table_elt_t>(r->headers_out.headers, [&](const ngx_table_elt_t& header) {
        const bool isNamed =
            header.hash != 0 && equalsIgnoringCase(view(header.key), "content-encoding");
        encoded = isNamed && namesContentCoding(view(header.value));
        return !encoded;
    });
    return encoded;
}

OriginAnswer answerOf(const RequestContext& context, const Fetch& fetch, ngx_http_request_t* r) {
    return readOriginAnswer(context, r, fetch.status, fetch.headers,
                            {fetch.redirectMark, fetch.redirectHeadersLost});
}

ExpectedAnswer expectedOf(const RequestContext& context, const Fetch& fetch) {
    ExpectedAnswer expected;
    expected.notModified = fetch.hasConditions;
    expected.confirms = fetch.confirms != nullptr ? &fetch.confirms->originState : nullptr;
    if (fetch.confirms != nullptr && fetch.source == &context.sources.front()) {
        CachingHeaders caching = fetch.headers;
        caching.cacheControl = context.record->cacheControl;
        caching.expires = context.record->expires;
        caching.accelExpires = context.record->accelExpires;
        expected.confirmedLifetime = lifetimeForCache(caching, fetch.headers.ignored);
    }
    return expected;
}

// A whole answer may be of the revision that the entry has, too.
bool confirmsEntry(const Fetch& fetch) {
    return fetch.confirms != nullptr &&
           (!fetch.wantsBody ||
            isSameRevision(fetch.originState.revision, fetch.confirms->originState.revision));
}

// The body of an answer that confirms an entry is of no use to us, but may be to the origin's own
// proxy_cache; a 304 has none, and leaves its connection open for the next.
bool hasUseForBody(const Fetch& fetch, ngx_http_request_t* r) {
    return fetch.status == NGX_HTTP_NOT_MODIFIED ||
           (r->upstream != nullptr && r->upstream->cacheable);
}

// What the headers alone refuse; the body is then never read.
void judgeHeaders(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    const bool isErrorPage = fetch.hasFailed || r->err_status >= NGX_HTTP_SPECIAL_RESPONSE;
    fetch.status = isErrorPage ? statusOfError(context, r) : r->headers_out.status;
    fetch.headers = readAnswerHeaders(r, context.gateLocations);
    const OriginAnswer answer = answerOf(context, fetch, r);
    const ExpectedAnswer expected = expectedOf(context, fetch);
    if (!isExpected(answer.status, expected) && isStorageError(r, fetch.status)) {
        fetch.storageError.emplace();
        return;
    }
    SharedKnowledge knowledge(context, *fetch.source, fetch.requestedAt);
    const AnswerJudgement judgement = judgeAnswer(
        accessOf(context), judgedImage(context, *fetch.source), answer, expected, knowledge);
    fetch.isContradicted = judgement.use == AnswerJudgement::Use::contradiction;
    if (fetch.isContradicted) {
        return;
    }
    if (judgement.state) {
        const bool isMain = fetch.source == &context.sources.front();
        fetch.originState = *judgement.state;
        context.mark = isMain ? judgement.mark : combine(context.mark, judgement.mark);
    }
    fetch.decision = judgement.decision;
    if (!judgement.decision.allowed) {
        refuseFetch(fetch, judgement.decision.reason, judgement.detail);
    }
    fetch.isConfirmed = !fetch.refusal && (judgement.use == AnswerJudgement::Use::confirmation ||
                                           confirmsEntry(fetch));
}

// NGINX 1.22 sends no last buffer in a subrequest for an empty file, nor for an empty entry of
// proxy_cache: that all has come must be told from the headers.
bool isEmpty(ngx_http_request_t* r) {
    const ngx_http_cache_t* entry = r->cached ? r->cache : nullptr;
    return r->headers_out.content_length_n == 0 ||
           (entry != nullptr && entry->length == static_cast<off_t>(entry->body_start));
}

// An SVG in place of what was asked for.
bool mayDeliverSvg(const RequestContext& context, const Fetch& fetch) {
    if (fetch.source != &context.sources.front() || !mayDeliverSource(context.parsed->transform)) {
        return false;
    }
    const Mark mark =
        resolveMark(accessOf(context), judgedImage(context, *fetch.source), fetch.originState.mark);
    return decideUntransformed(context.parsed->requestKind, mark, context.signature,
                               context.gate.policy)
        .allowed;
}

void judgeEntity(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    const Gate& gate = context.gate;
    fetch.declaredLength = r->headers_out.content_length_n;
    if (isEncoded(r)) {
        refuseFetch(fetch, Reason::originError, "the origin sent Content-Encoding unasked");
    } else if (fetch.declaredLength > gate.maxSourceSize) {
        refuseFetch(fetch, Reason::tooLarge,
                    "source of " + std::to_string(fetch.declaredLength) +
                        " bytes, private_image_max_source_size allows " +
                        std::to_string(gate.maxSourceSize));
    } else if (isEmpty(r)) {
        refuseFetch(fetch, Reason::damaged, "the source is empty");
    } else if (fetch.confirms != nullptr && !takePlace(context)) {
        refuseFetch(fetch, Reason::busy, "private_image_renders allows no more to wait");
    }
}

// ------------------------------------------------------------------ body

// Until the code is known, an answer of S3 may mean anything.
void readStorageError(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                      ngx_chain_t* in) {
    for (ngx_chain_t* link = in; link != nullptr; link = link->next) {
        fetch.storageError->read(link->buf);
        fetch.endSeen = fetch.endSeen || link->buf->last_buf || link->buf->last_in_chain;
    }
    if (!fetch.refusal && (fetch.endSeen || fetch.storageError->isFull())) {
        SharedKnowledge knowledge(context, *fetch.source, fetch.requestedAt);
        const AnswerJudgement judgement =
            judgeFailure(judgedImage(context, *fetch.source), answerOf(context, fetch, r),
                         fetch.storageError->code(), knowledge);
        refuseFetch(fetch, judgement.decision.reason, judgement.detail);
    }
}

// Ends the fetch from within its body filter.
ngx_int_t abortFetch(Fetch& fetch, ngx_http_request_t* r) {
    fetch.isAborted = true;
    fetch.connectionHadError = r->connection->error;
    if (r->upstream != nullptr) {
        r->upstream->cacheable = 0;  // else NGINX downloads the rest into proxy_cache
    }
    return NGX_ERROR;
}

void judgeType(const Gate& gate, Fetch& fetch, std::span<const unsigned char> start) {
    if (start.empty()) {
        refuseFetch(fetch, Reason::damaged, "the source is empty");
        return;
    }
    fetch.type = probeType(start);
    const auto& allowed = gate.render.sourceTypes;
    const bool isDelivered = fetch.type == SourceType::svg && fetch.mayDeliverSvg;
    if (!isDelivered &&
        (!fetch.type || std::find(allowed.begin(), allowed.end(), *fetch.type) == allowed.end())) {
        refuseFetch(fetch, Reason::unsupportedType,
                    "the source is none of private_image_source_types");
    }
}

void checkType(const Gate& gate, Fetch& fetch) {
    if (fetch.type || fetch.refusal) {
        return;
    }
    const auto bytes = fetch.body.bytes();
    while (!fetch.endSeen && bytes.size() >= fetch.bytesToProbe) {
        const std::size_t needed = bytesToProbe(bytes.first(fetch.bytesToProbe));
        if (needed <= fetch.bytesToProbe) {
            break;
        }
        fetch.bytesToProbe = needed;  // only what may yet be a drawing
    }
    if (bytes.size() >= fetch.bytesToProbe || fetch.endSeen) {
        judgeType(gate, fetch, bytes);
    }
}

// Room for a source of so many bytes more. False: refused.
bool mayKeep(const Gate& gate, Fetch& fetch, std::size_t length) {
    const off_t most = fetch.declaredLength >= 0 ? fetch.declaredLength : gate.maxSourceSize;
    if (static_cast<off_t>(fetch.body.size() + length) > most) {
        refuseFetch(
            fetch, fetch.declaredLength >= 0 ? Reason::originError : Reason::tooLarge,
            "more than " + std::to_string(most) + " bytes" +
                (fetch.declaredLength >= 0 ? " announced"
                                           : ", which private_image_max_source_size allows"));
        return false;
    }
    return true;
}

void keepBytes(const Gate& gate, Fetch& fetch, const ngx_buf_t& buffer) {
    const auto length = static_cast<std::size_t>(buffer.last - buffer.pos);
    if (!mayKeep(gate, fetch, length)) {
        return;
    }
    if (fetch.declaredLength > 0) {
        fetch.body.reserve(static_cast<std::size_t>(fetch.declaredLength));
    }
    fetch.body.append(buffer.pos, length);
}

// So many bytes of a file as tell its type, or all of its `length`. Empty if it cannot be read.
std::optional<std::vector<unsigned char>> startOfFile(const ngx_buf_t& buffer, std::size_t length) {
    std::vector<unsigned char> start;
    std::size_t needed = probeLength;
    while (start.size() < std::min(needed, length)) {
        start.resize(std::min(needed, length));
        const ssize_t got = pread(buffer.file->fd, start.data(), start.size(), buffer.file_pos);
        if (got < 0) {
            return std::nullopt;
        }
        const bool isShort = static_cast<std::size_t>(got) < start.size();
        start.resize(static_cast<std::size_t>(got));
        if (isShort) {
            break;
        }
        needed = bytesToProbe(start);
    }
    return start;
}

// NGINX hands out a file's bytes by their place in it, all at once. They are read by the thread
// that renders them, but for those that tell the type.
void keepFile(const Gate& gate, Fetch& fetch, const ngx_buf_t& buffer) {
    const auto length = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
    if (!mayKeep(gate, fetch, length)) {
        return;
    }
    const auto start = startOfFile(buffer, length);
    if (!start || fetch.body.size() != 0 ||
        !fetch.body.deferRead(buffer.file->fd, buffer.file_pos, length)) {
        refuseFetch(fetch, Reason::internal, "a file of the origin cannot be read");
        return;
    }
    judgeType(gate, fetch, *start);
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
    fetch.mayDeliverSvg = !fetch.refusal && mayDeliverSvg(context, fetch);
    fetch.contentType = view(r->headers_out.content_type);
    if (!fetch.refusal && !fetch.isConfirmed && !fetch.isContradicted && !fetch.storageError) {
        judgeEntity(context, fetch, r);
    }
    if (fetch.originState.observedAt != 0) {
        fetch.refresh.end({FlightOutcome::End::done});  // all that others waited for is remembered
    }
    if (fetch.refusal || (fetch.isConfirmed && !hasUseForBody(fetch, r))) {
        return NGX_HTTP_FORBIDDEN;  // any code: it ends the fetch, and onFetchFinalized hides it
    }
    r->filter_need_in_memory = r->upstream != nullptr;
    r->header_sent = 1;
    return NGX_OK;
}

ngx_int_t filterFetchBody(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                          ngx_chain_t* in) {
    if (fetch.storageError && !fetch.isAbandoned) {
        readStorageError(context, fetch, r, in);
        return fetch.refusal && !fetch.endSeen ? abortFetch(fetch, r) : NGX_OK;
    }
    for (ngx_chain_t* link = in; link != nullptr; link = link->next) {
        ngx_buf_t* buffer = link->buf;
        if (ngx_buf_size(buffer) != 0) {
            fetch.heardAt = ngx_current_msec;
        }
        const bool isWanted = !fetch.refusal && !fetch.isAbandoned && !fetch.isConfirmed;
        if (isWanted && ngx_buf_in_memory(buffer)) {
            keepBytes(context.gate, fetch, *buffer);
        } else if (isWanted && buffer->in_file) {
            keepFile(context.gate, fetch, *buffer);
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
    if (!fetch.isConfirmed && !fetch.isContradicted) {
        checkType(context.gate, fetch);
    }
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
