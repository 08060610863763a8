#include "nginx/derivative/origin_fetch.hpp"

#include "access/content_coding.hpp"
#include "base/ascii.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/served_file.hpp"

namespace private_image {

void refuseFetch(Fetch& fetch, Reason reason, std::string detail) {
    if (!fetch.refusal) {
        fetch.refusal = reason;
        fetch.detail = std::move(detail);
    }
}

namespace {

// ------------------------------------------------------------------ the end of a fetch

bool isBroken(ngx_int_t rc) {
    return rc == NGX_ERROR || rc == NGX_HTTP_CLIENT_CLOSED_REQUEST ||
           rc == NGX_HTTP_REQUEST_TIME_OUT || rc == NGX_HTTP_CLOSE;
}

// NGINX reports a read timeout in the middle of the body as it does a reset: only the time that has
// passed is different. Its timers may be up to NGX_TIMER_LAZY_DELAY early.
bool endedBySilence(const Fetch& fetch, ngx_http_request_t* r) {
    const ngx_http_upstream_t* upstream = r->upstream;
    return upstream != nullptr && upstream->pipe != nullptr && upstream->pipe->upstream_error &&
           ngx_current_msec - fetch.lastReadAt + NGX_TIMER_LAZY_DELAY >=
               upstream->conf->read_timeout;
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
        // Our body filter's error was meant for the origin; the client's connection has none.
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

// No conditions where only the headers of the whole answer are wanted, and where the mark was read
// by another policy: a 304 without a flag would not confirm it.
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
    // The client's body does not belong to the fetch: discarding it stays with the main request.
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
ngx_int_t startInOwnLocation(RequestContext& context, Fetch& fetch, const OwnHandler& own,
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
    sr->content_handler = own.handler;
    sr->phase_handler = own.nextPhase;
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
    return readOriginAnswer(context, r, fetch.status, fetch.headers, fetch.redirect, fetch.file);
}

ExpectedAnswer expectedOf(const Fetch& fetch) {
    ExpectedAnswer expected;
    expected.notModified = fetch.hasConditions;
    expected.confirms = fetch.confirms != nullptr ? &fetch.confirms->originState : nullptr;
    if (fetch.confirmedHeaders) {
        CachingHeaders headers = *fetch.confirmedHeaders;
        headers.variesByAll = fetch.headers.variesByAll;
        expected.confirmedLifetime = lifetimeForCache(headers, fetch.headers.ignored);
    }
    return expected;
}

// A whole answer may be of the revision that the entry has, too.
bool confirmsEntry(const Fetch& fetch) {
    return fetch.confirms != nullptr &&
           (!fetch.wantsBody ||
            isSameRevision(fetch.originState.revision, fetch.confirms->originState.revision));
}

// The body of an answer that confirms an entry is not needed here, but may be for the origin's own
// proxy_cache; a 304 has no body, and leaves its connection open for the next request.
bool readsBodyAnyway(const Fetch& fetch, ngx_http_request_t* r) {
    return fetch.status == NGX_HTTP_NOT_MODIFIED ||
           (r->upstream != nullptr && r->upstream->cacheable);
}

// By the headers and the file; the body of what is refused is never read.
void judgeFetch(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    SharedKnowledge knowledge(context, *fetch.source, fetch.requestedAt);
    const AnswerJudgement judgement =
        judgeAnswer(accessOf(context), judgedImage(*fetch.source), answerOf(context, fetch, r),
                    expectedOf(fetch), knowledge);
    fetch.isContradicted = judgement.use == AnswerJudgement::Use::contradiction;
    if (fetch.isContradicted) {
        return;
    }
    if (judgement.state) {
        const bool isMain = fetch.source == &context.sources.front();
        fetch.originState = *judgement.state;
        context.access.mark =
            isMain ? judgement.mark : combine(context.access.mark, judgement.mark);
    }
    fetch.decision = judgement.decision;
    if (!judgement.decision.allowed) {
        refuseFetch(fetch, judgement.decision.reason, judgement.detail);
    }
    fetch.isConfirmed = !fetch.refusal && (judgement.use == AnswerJudgement::Use::confirmation ||
                                           confirmsEntry(fetch));
}

void judgeHeaders(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    const bool isErrorPage = fetch.hidesFailure || r->err_status >= NGX_HTTP_SPECIAL_RESPONSE;
    fetch.status = isErrorPage ? statusOfError(context, r) : r->headers_out.status;
    fetch.headers = readAnswerHeaders(r, context.gateLocations);
    const bool isUsable = isExpected(static_cast<unsigned>(fetch.status), expectedOf(fetch));
    if (!isUsable && isStorageError(r, fetch.status)) {
        fetch.storageError.emplace();
        return;
    }
    fetch.file = isUsable ? readServedFile(context, r) : FileFacts();
    judgeFetch(context, fetch, r);
}

// NGINX 1.22 sends no last buffer in a subrequest for an empty file, nor for an empty entry of
// proxy_cache: only the headers show that all has come.
bool isEmpty(ngx_http_request_t* r) {
    const ngx_http_cache_t* entry = r->cached ? r->cache : nullptr;
    return r->headers_out.content_length_n == 0 ||
           (entry != nullptr && entry->length == static_cast<off_t>(entry->body_start));
}

// An SVG in place of what was asked for.
bool mayDeliverSvg(const RequestContext& context, const Fetch& fetch) {
    if (fetch.source != &context.sources.front() ||
        !mayDeliverSource(context.target.parsed->transform)) {
        return false;
    }
    JudgedImage image = judgedImage(*fetch.source);
    image.requestKind = context.target.parsed->requestKind;
    return mayShowUntransformed(accessOf(context), image, fetch.originState.mark);
}

void checkEntity(const Gate& gate, Fetch& fetch, ngx_http_request_t* r) {
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
    }
}

}  // namespace

ngx_int_t startFetch(RequestContext& context, Fetch& fetch, const OwnHandler& own) {
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
                                          : startInOwnLocation(context, fetch, own, after);
}

FetchHeader readFetchHeader(RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    if (fetch.isAbandoned) {
        return FetchHeader::read;
    }
    fetch.headerSeen = true;
    fetch.lastReadAt = ngx_current_msec;
    judgeHeaders(context, fetch, r);
    fetch.mayDeliverSvg = !fetch.refusal && mayDeliverSvg(context, fetch);
    fetch.contentType = view(r->headers_out.content_type);
    if (fetch.refusal || fetch.isConfirmed || fetch.isContradicted || fetch.storageError) {
        return FetchHeader::read;
    }
    checkEntity(context.gate, fetch, r);
    const bool isUnexpectedBody = !fetch.refusal && fetch.confirms != nullptr;
    return isUnexpectedBody ? FetchHeader::needsPlace : FetchHeader::read;
}

void judgeSentFile(RequestContext& context, Fetch& fetch, ngx_http_request_t* r,
                   const FileFacts& sent) {
    const bool isOver = fetch.isAbandoned || fetch.isConfirmed || fetch.refusal;
    if (isOver || sent == fetch.file) {
        return;
    }
    fetch.file = sent;
    judgeFetch(context, fetch, r);
    fetch.mayDeliverSvg = !fetch.refusal && mayDeliverSvg(context, fetch);
}

ngx_int_t endFetchHeader(Fetch& fetch, ngx_http_request_t* r) {
    if (!fetch.isAbandoned) {
        if (fetch.originState.observedAt != 0) {
            fetch.refresh.end({FlightOutcome::End::done});  // what others wait for is remembered
        }
        if (fetch.refusal || (fetch.isConfirmed && !readsBodyAnyway(fetch, r))) {
            return NGX_HTTP_FORBIDDEN;  // any code ends the fetch, and onFetchFinalized hides it
        }
        r->filter_need_in_memory = r->upstream != nullptr;
    }
    r->header_sent = 1;
    return NGX_OK;
}

void judgeStorageError(const RequestContext& context, Fetch& fetch, ngx_http_request_t* r) {
    SharedKnowledge knowledge(context, *fetch.source, fetch.requestedAt);
    const AnswerJudgement judgement =
        judgeFailure(judgedImage(*fetch.source), answerOf(context, fetch, r),
                     fetch.storageError->code(), knowledge);
    refuseFetch(fetch, judgement.decision.reason, judgement.detail);
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
