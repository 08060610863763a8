#include "nginx/original.hpp"

#include "nginx/answer_headers.hpp"
#include "nginx/image_view.hpp"
#include "nginx/log.hpp"
#include "nginx/origin_mark.hpp"
#include "nginx/pool.hpp"
#include "nginx/response.hpp"

namespace private_image {
namespace {

// How often, in milliseconds, an original whose time is over is tried again that NGINX holds back.
constexpr ngx_msec_t retryInterval = 100;

bool hasConditions(const ngx_http_headers_in_t& headers) {
    return headers.if_match != nullptr || headers.if_none_match != nullptr ||
           headers.if_modified_since != nullptr || headers.if_unmodified_since != nullptr;
}

ngx_int_t redirectToOrigin(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const Gate& gate = context.gate;
    if (gate.namedOrigin.len != 0) {
        ngx_str_t name = gate.namedOrigin;
        ngx_http_named_location(r, &name);
        ngx_http_finalize_request(r, NGX_DONE);
        return NGX_DONE;
    }
    ngx_str_t uri = context.sources.front().uri;
    r->unparsed_uri = escapedUri(r->pool, uri);
    ngx_http_internal_redirect(r, &uri, nullptr);
    ngx_http_finalize_request(r, NGX_DONE);
    return NGX_DONE;
}

// ------------------------------------------------------------------ judging

bool hasBytes(ngx_uint_t status) {
    return status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE;
}

// True for the answers that an original can have: whole, a part, or what a condition makes of it
// where the origin was given conditions. What nobody asked for is an origin's error.
bool isUsable(const RequestContext& context, ngx_uint_t status) {
    const ngx_http_headers_in_t& asked = context.r->headers_in;
    switch (status) {
        case NGX_HTTP_NOT_MODIFIED:
            return hasConditions(asked);
        case NGX_HTTP_PRECONDITION_FAILED:
        case NGX_HTTP_RANGE_NOT_SATISFIABLE:
            return !context.strippedConditions && (hasConditions(asked) || asked.range != nullptr);
        default:
            return hasBytes(status);
    }
}

Reading readingOf(const RequestContext& context, Mark said, bool confirms) {
    const AnswerHeaders headers = readAnswerHeaders(context.r);
    Reading reading;
    reading.said = said;
    reading.revision = confirms ? context.sources.front().remembered.reading->revision
                                : revisionOf(headers.etag, headers.lastModifiedTime);
    reading.isReachable = isReachableAroundGate(context.r);
    reading.reader = context.gate.readerDigest;
    reading.readAt = nowInMilliseconds();
    setLifetime(reading, readOriginLifetime(headers.cacheControl, headers.expires), headers.age,
                context.gate.lifetime.fallback);
    return reading;
}

// True if a 304 says that the remembered revision is still there. If it says anything else, the
// next request asks without conditions.
bool confirmsMemory(const RequestContext& context) {
    if (!context.confirmsMemory) {
        return false;
    }
    const Source& source = context.sources.front();
    const bool isOther =
        contradicts(readAnswerHeaders(context.r), source.remembered.reading->revision);
    if (isOther) {
        forget(source.image);
    }
    return !isOther;
}

// The mark of an answer, which is remembered. Without the image's bytes and without a flag, an
// answer says nothing; but a 304 may confirm what is remembered.
Mark markOfOriginal(RequestContext& context, ngx_uint_t status, bool& failed) {
    Source& source = context.sources.front();
    Mark said = saidByAnswer(context, context.r, context.markOnTheWay, failed);
    const bool confirms = status == NGX_HTTP_NOT_MODIFIED && confirmsMemory(context);
    if (said == Mark::unknown && confirms) {
        said = source.remembered.reading->said;
    }
    if (!hasBytes(status) && !confirms && said == Mark::unknown) {
        const bool saysNothing = status == NGX_HTTP_NOT_MODIFIED;
        return saysNothing && source.gateMark != Mark::privateImage ? Mark::unknown
                                                                    : reliableMark(context, source);
    }
    const Reading known =
        remember(source.image, readingOf(context, said, confirms), context.arrivedAt);
    return markOf(context, source, known.said == Mark::privateImage ? known.said : said);
}

// The status of what the origin answered. Where an error_page led into this gate, r->err_status
// stands over it.
ngx_uint_t statusOfAnswer(const RequestContext& context) {
    const ngx_http_request_t* r = context.r;
    const bool isCovered = context.errorStatusAtEntry != 0 &&
                           r->err_status == context.errorStatusAtEntry && !context.isOnErrorPage;
    if (!isCovered) {
        return r->headers_out.status;
    }
    const bool hasUpstream = r->upstream != nullptr && r->upstream != context.judgedUpstream &&
                             r->upstream->headers_in.status_n != 0;
    return hasUpstream ? r->upstream->headers_in.status_n : ngx_uint_t{NGX_HTTP_OK};
}

// True for the page that NGINX builds itself: no error_page led anywhere, so its bytes are
// nobody's.
bool isBuiltInPage(const RequestContext& context) {
    const ngx_uint_t error = context.r->err_status;
    return error != 0 && error != context.errorStatusAtEntry && !context.isOnErrorPage;
}

// Refuses from within the header filter: the handler that sent the header finalizes with the
// status. NGINX's own error pages ignore it, so there the request is finalized here.
ngx_int_t refuseWithOwnPage(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.isOwnPage = true;
    r->error_page = 1;  // no error_page any more
    ngx_int_t status = context.status;
    if (!context.isRefused) {
        const bool isError = r->err_status >= NGX_HTTP_SPECIAL_RESPONSE;
        status = isError ? static_cast<ngx_int_t>(r->err_status) : NGX_HTTP_FORBIDDEN;
    }
    return ngx_http_filter_finalize_request(r, &ngx_http_private_image_module, status);
}

// The client's headers again, for the filters behind ours. Further slices are copies of the request
// and go to the origin: for them the list stays as the origin may see it.
void restoreHeaders(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    if (!context.saved) {
        return;
    }
    const ngx_list_t shown = r->headers_in.headers;
    r->headers_in = context.saved->headersIn;
    if (r->subrequest_ranges) {
        r->headers_in.headers = shown;
    }
}

ngx_int_t refuseHere(RequestContext& context, Reason reason, const std::string& detail) {
    ngx_http_request_t* r = context.r;
    const ngx_uint_t sent = r->headers_out.status;
    const ngx_int_t status = refuse(context, reason, detail);
    context.isJudged = true;
    restoreHeaders(context);
    if (isBuiltInPage(context) && sent == static_cast<ngx_uint_t>(status)) {
        return nextHeaderFilter(r);  // NGINX is sending just this page
    }
    if (r->err_status != 0) {
        return refuseWithOwnPage(context);
    }
    ngx_http_clean_header(r);
    return status;
}

// An origin's error. The operator's page for it may go out, unless it is a private image itself.
// `code`: what S3 says in the body.
ngx_int_t refuseUnusable(RequestContext& context, ngx_uint_t status, std::string_view code) {
    ngx_http_request_t* r = context.r;
    const Reason reason = reasonOfOrigin(r, status, code);
    rememberFlagOfError(context, context.sources.front(), r, context.markOnTheWay,
                        context.arrivedAt);
    if (reason == Reason::notFound) {
        rememberMissing(context.sources.front().image,
                        nowInMilliseconds() + context.gate.missingValid, context.arrivedAt);
    }
    const std::string detail = detailOfOrigin(status, code);
    const bool isPage = context.isOnErrorPage && r->err_status != 0;
    if (!isPage) {
        return refuseHere(context, reason, detail);
    }
    const Mark mark = combine(context.markOnTheWay, markOfErrorPage(context));
    refuse(context, reason, detail);
    context.isJudged = true;
    restoreHeaders(context);
    return mark == Mark::privateImage || isStorageErrorPage(r) ? refuseWithOwnPage(context)
                                                               : nextHeaderFilter(r);
}

// The conditions that the origin did not get are NGINX's to apply, on the whole answer.
ngx_int_t applyConditions(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    if (r->headers_out.status != NGX_HTTP_OK) {
        return nextHeaderFilter(r);
    }
    if (r->headers_out.accept_ranges != nullptr) {
        r->headers_out.accept_ranges->hash = 0;
        r->headers_out.accept_ranges = nullptr;
    }
    r->allow_ranges = 1;
    // The slice filter, which stands before us, bears no second run.
    if (r->subrequest_ranges || !hasConditions(r->headers_in)) {
        return nextHeaderFilter(r);
    }
    r->single_range = 1;
    r->disable_not_modified = 0;
    return ngx_http_top_header_filter(r);  // isJudged: this time it passes
}

// True where a condition came to an error with the origin's own page: NGINX's own pages for it, and
// the operator's, bear nobody else's words.
bool isOriginsPage(const RequestContext& context, ngx_uint_t status) {
    const ngx_http_request_t* r = context.r;
    const bool isError =
        status == NGX_HTTP_PRECONDITION_FAILED || status == NGX_HTTP_RANGE_NOT_SATISFIABLE;
    const bool isOnTheWay = r->err_status == 0 || r->err_status == context.errorStatusAtEntry;
    return isError && isOnTheWay && !context.isOnErrorPage && r->upstream != nullptr &&
           r->upstream->headers_in.status_n == status;
}

// Finalizes with the status, of which NGINX makes a page, or the operator's error_page. How long
// the original is stays with a 416.
ngx_int_t replacePage(ngx_http_request_t* r, ngx_uint_t status) {
    const ngx_table_elt_t* range = r->headers_out.content_range;
    const std::string length =
        range != nullptr && range->hash != 0 ? std::string(view(range->value)) : std::string();
    ngx_http_clean_header(r);
    if (status == NGX_HTTP_RANGE_NOT_SATISFIABLE && !length.empty()) {
        r->headers_out.content_range = addHeader(r, "Content-Range", length);
    }
    return static_cast<ngx_int_t>(status);
}

// True if all that the client's conditions can confirm is the revision that is remembered.
bool asksForMemory(const RequestContext& context, const ngx_http_headers_in_t& client) {
    const std::optional<Reading>& reading = context.sources.front().remembered.reading;
    if (!reading || !reading->revision.isKnown() || reading->reader != context.gate.readerDigest ||
        (client.if_none_match == nullptr && client.if_modified_since == nullptr)) {
        return false;
    }
    const Revision& revision = reading->revision;
    if (client.if_none_match != nullptr) {
        return revision.etag != 0 &&
               revisionOf(view(client.if_none_match->value), -1).etag == revision.etag;
    }
    const ngx_str_t& since = client.if_modified_since->value;
    return revision.lastModified != -1 &&
           ngx_parse_http_time(since.data, since.len) == revision.lastModified;
}

// Conditions may only go where an answer without a mark (304) cannot be mistaken.
bool mayPassConditions(const RequestContext& context, const ngx_http_headers_in_t& client) {
    if (context.signature.signature == Signature::valid) {
        return true;
    }
    const Source& original = context.sources.front();
    const bool isKnown =
        original.remembered.reading && reliableMark(context, original) != Mark::unknown;
    const bool mayConfirm = client.if_none_match != nullptr || client.if_modified_since != nullptr;
    const bool mayFail = client.if_match != nullptr || client.if_unmodified_since != nullptr;
    return isKnown && !mayFail && (context.confirmsMemory || !mayConfirm);
}

}  // namespace

ngx_int_t deliverOriginal(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.isOriginal = true;
    const bool isElsewhere = context.gate.origin != nullptr || context.gate.namedOrigin.len != 0;
    if (!isElsewhere && !isHandledHere(r, cleanUri(context, context.parsed->path))) {
        context.isOriginal = false;
        return refuse(context, Reason::badUrl, "it is not a path of this location");
    }
    if (showImage(context) != NGX_OK || startTimer(context) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const ngx_http_headers_in_t& client = context.saved->headersIn;
    context.confirmsMemory = asksForMemory(context, client);
    const bool keepConditions = mayPassConditions(context, client);
    context.strippedConditions =
        !keepConditions && (client.range != nullptr || hasConditions(client));
    if (replaceHeaders(r, context.saved->headersIn, keepConditions) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return isElsewhere ? redirectToOrigin(context) : NGX_DECLINED;
}

void onOriginalDeadline(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    ngx_http_upstream_t* upstream = r->upstream;
    // NGINX bears no end while a thread is at work, or while it waits for a lock of proxy_cache.
    const bool isEndable = upstream != nullptr && upstream->cleanup != nullptr &&
                           *upstream->cleanup != nullptr && r->blocked == 0 &&
                           r->connection->data == r && r->postponed == nullptr;
    if (context.isJudged || context.isRefused) {
        return;
    }
    if (!isEndable) {
        ngx_add_timer(&context.timer, retryInterval);
        return;
    }
    r->main->count++;  // the clean-up gives one back
    (*upstream->cleanup)(r);
    if (context.saved) {
        r->headers_in = context.saved->headersIn;
    }
    const bool isTold = context.storageError && context.storageError->isFull();
    ngx_http_finalize_request(
        r, isTold ? refuseUnusable(context, context.originStatus, context.storageError->code())
                  : refuse(context, Reason::timeout, timeoutDetail(context.gate)));
}

// Nothing has been sent yet, so that what is returned for the last buffer finalizes the request:
// NGINX hands it on from there, whoever sends that buffer. In the midst of the body it would not;
// there the deadline is brought forward.
ngx_int_t filterStorageError(RequestContext& context, ngx_chain_t* in) {
    const ngx_http_upstream_t& upstream = *context.r->upstream;
    bool isAtEnd = false;
    for (; in != nullptr; in = in->next) {
        const bool isBroken = in->buf->flush && upstream.cleanup == nullptr;  // it ended too early
        isAtEnd = isAtEnd || in->buf->last_buf || isBroken;
        context.storageError->take(in->buf);
    }
    if (isAtEnd) {
        stopWaiting(context);
        return refuseUnusable(context, context.originStatus, context.storageError->code());
    }
    if (context.storageError->isFull()) {
        ngx_add_timer(&context.timer, 1);
    }
    return NGX_OK;
}

ngx_int_t filterErrorPage(RequestContext& context) {
    const bool isHidden =
        markOfErrorPage(context) == Mark::privateImage || isStorageErrorPage(context.r);
    return isHidden ? refuseWithOwnPage(context) : nextHeaderFilter(context.r);
}

ngx_int_t filterOriginalHeader(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const ngx_uint_t status = statusOfAnswer(context);
    context.originStatus = status;
    context.originTime = ngx_current_msec - context.startedAt;
    if (isStorageError(r, status) && !isUsable(context, status)) {
        // Not judged yet: the time goes on, and the body is for filterStorageError.
        context.storageError.emplace();
        r->filter_need_in_memory = 1;
        return NGX_OK;
    }
    stopWaiting(context);
    if (isAnsweredWithoutHeaders(context, r)) {
        r->http_version = context.httpVersion;
        return refuseHere(context, Reason::originError, "the origin does not answer in HTTP");
    }
    if (context.isWayUnreadable) {
        return refuseHere(context, Reason::originError,
                          "proxy_cache kept an error without its headers");
    }
    if (!isUsable(context, status)) {
        return refuseUnusable(context, status, {});
    }
    bool failed = false;
    context.mark = markOfOriginal(context, status, failed);
    const Decision decision =
        decide(context.parsed->asked, context.mark, context.signature, context.gate.policy);
    if (failed) {
        return refuseHere(context, Reason::internal, "private_image_mark could not be evaluated");
    }
    if (!decision.allowed) {
        return refuseHere(context, decision.reason, "");
    }
    if (context.mark == Mark::privateImage && isReachableAroundGate(r)) {
        return refuseHere(context, Reason::internal, reachableDetail(r));
    }
    context.reason = decision.reason;
    context.isJudged = true;
    context.judgedUpstream = r->upstream;
    restoreHeaders(context);
    if (context.isOnErrorPage && isStorageErrorPage(r)) {
        return refuseWithOwnPage(context);
    }
    if (isOriginsPage(context, status)) {
        return replacePage(r, status);
    }
    finishOriginalHeader(context);
    return context.strippedConditions ? applyConditions(context) : nextHeaderFilter(r);
}

}  // namespace private_image
