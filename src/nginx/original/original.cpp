#include "nginx/original/original.hpp"

#include "nginx/host/answer_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/original/shown_mark.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"

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

// Whole, a part, or what a condition makes of it where the origin was given conditions.
ExpectedAnswer expectedOf(const RequestContext& context) {
    const ngx_http_headers_in_t& asked = context.r->headers_in;
    ExpectedAnswer expected;
    expected.anySuccess = true;
    expected.notModified = hasConditions(asked);
    expected.conditionFailures =
        !context.strippedConditions && (hasConditions(asked) || asked.range != nullptr);
    expected.confirms =
        context.confirmsMemory ? &*context.sources.front().remembered.originState : nullptr;
    return expected;
}

OriginAnswer answerOf(const RequestContext& context, ngx_http_request_t* r, ngx_uint_t status) {
    return readOriginAnswer(context, r, status, readAnswerHeaders(r, context.gateLocations),
                            {context.redirectMark, context.redirectHeadersLost});
}

// True for the redirect that an error_page with a URL makes of an original's failure. NGINX's own
// redirect of a folder is a 301.
bool isRedirectOfErrorPage(const RequestContext& context) {
    const ngx_http_request_t* r = context.r;
    const bool isRedirect = r->err_status >= NGX_HTTP_SPECIAL_RESPONSE &&
                            r->err_status < NGX_HTTP_BAD_REQUEST &&
                            r->err_status != NGX_HTTP_NOT_MODIFIED;
    const bool isOrigins =
        r->upstream != nullptr && r->upstream->headers_in.status_n == r->err_status;
    const bool isFolders = r->upstream == nullptr && r->err_status == NGX_HTTP_MOVED_PERMANENTLY;
    return awaitsJudgement(context) && isBuiltInPage(context) && isRedirect && !isOrigins &&
           !isFolders;
}

}  // namespace

bool isBuiltInPage(const RequestContext& context) {
    const ngx_uint_t error = context.r->err_status;
    return error != 0 && error != context.errorPage.statusSeen;
}

namespace {

// The status of what the origin answered, over which r->err_status stands once an error_page has
// led here or on.
ngx_uint_t statusOfAnswer(const RequestContext& context) {
    const ngx_http_request_t* r = context.r;
    if (r->err_status == 0) {
        return r->headers_out.status;
    }
    if (context.errorPage.hasLedOn && r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return r->err_status;  // a page for what a client's conditions came to
    }
    const bool hasUpstream = hasNewUpstream(context, r) && r->upstream->headers_in.status_n != 0;
    if (isBuiltInPage(context)) {
        return isRedirectOfErrorPage(context) ? statusOfError(context, r) : r->headers_out.status;
    }
    return hasUpstream ? r->upstream->headers_in.status_n : ngx_uint_t{NGX_HTTP_OK};
}

// The client's headers again, for the filters that follow.
void restoreHeaders(RequestContext& context) {
    if (context.saved) {
        context.shownHeaders = context.r->headers_in.headers;
        context.r->headers_in = context.saved->headersIn;
    }
}

}  // namespace

// Refuses from within the header filter: the handler that sent the header finalizes with the
// status. NGINX's own error pages ignore it, so there the request is finalized here.
ngx_int_t refuseWithOwnPage(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.answer.isOwnPage = true;
    r->error_page = 1;  // no error_page any more
    ngx_int_t status = context.access.status;
    if (!context.access.isRefused) {
        const bool isError = r->err_status >= NGX_HTTP_SPECIAL_RESPONSE;
        status = isError ? static_cast<ngx_int_t>(r->err_status) : NGX_HTTP_FORBIDDEN;
    }
    return ngx_http_filter_finalize_request(r, &ngx_http_private_image_module, status);
}

namespace {

std::optional<ngx_int_t> refuseHere(RequestContext& context, Reason reason,
                                    const std::string& detail) {
    ngx_http_request_t* r = context.r;
    const ngx_uint_t sent = r->headers_out.status;
    const bool isRedirect = isRedirectOfErrorPage(context);
    const ngx_int_t status = refuse(context, reason, detail);
    context.isJudged = true;
    restoreHeaders(context);
    const bool isThisPage =
        isBuiltInPage(context) && (sent == static_cast<ngx_uint_t>(status) || isRedirect);
    if (isThisPage) {
        return std::nullopt;  // NGINX is sending just this page, or error_page's redirect
    }
    if (r->err_status != 0) {
        return refuseWithOwnPage(context);
    }
    ngx_http_clean_header(r);
    return status;
}

std::optional<ngx_int_t> refuseJudged(RequestContext& context, const AnswerJudgement& judgement) {
    return refuseHere(context, judgement.decision.reason, judgement.detail);
}

// What S3 said in the body of its error tells what it means.
ngx_int_t refuseByStorageError(RequestContext& context) {
    const Source& source = context.sources.front();
    SharedKnowledge knowledge(context, source, context.arrivedAt);
    const AnswerJudgement judgement = judgeFailure(
        judgedImage(context, source), answerOf(context, context.r, context.facts.originStatus),
        context.storageError->code(), knowledge);
    // Only S3's own answer is read like this, never a page of NGINX that may go out.
    return refuseJudged(context, judgement).value_or(NGX_ERROR);
}

// The conditions that the origin did not get are NGINX's own to apply, on the whole answer or on a
// slice of it.
void letNginxApplyConditions(ngx_http_request_t* r) {
    r->disable_not_modified = 0;
    if (r->headers_out.status != NGX_HTTP_OK) {
        return;
    }
    if (r->headers_out.accept_ranges != nullptr) {
        r->headers_out.accept_ranges->hash = 0;
        r->headers_out.accept_ranges = nullptr;
    }
    // A handler that allows no ranges may pass the body on in pieces, of which NGINX cannot make an
    // answer of several ranges.
    if (r->allow_ranges == 0 || hasConditions(r->headers_in)) {
        r->single_range = 1;
    }
    r->allow_ranges = 1;
}

// True where a condition came to an error with the origin's own page: NGINX's own pages for it, and
// the operator's, bear nobody else's words.
bool isOriginsPage(const RequestContext& context, ngx_uint_t status) {
    const ngx_http_request_t* r = context.r;
    const bool isError =
        status == NGX_HTTP_PRECONDITION_FAILED || status == NGX_HTTP_RANGE_NOT_SATISFIABLE;
    const bool isOnTheWay = r->err_status == 0 || r->err_status == context.errorPage.statusSeen;
    return isError && isOnTheWay && !context.errorPage.hasLedOn && r->upstream != nullptr &&
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
    const std::optional<OriginState>& state = context.sources.front().remembered.originState;
    if (!state || !state->revision.isKnown() || state->policyDigest != context.gate.readerDigest ||
        (client.if_none_match == nullptr && client.if_modified_since == nullptr)) {
        return false;
    }
    const Revision& revision = state->revision;
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
    if (context.access.signature.signature == Signature::valid) {
        return true;
    }
    const Source& original = context.sources.front();
    const KnownJudgement known =
        judgeKnown(accessOf(context), judgedImage(context, original), nowInMilliseconds());
    const bool isKnown = original.remembered.originState && known.mark != Mark::unknown;
    const bool mayConfirm = client.if_none_match != nullptr || client.if_modified_since != nullptr;
    const bool mayFail = client.if_match != nullptr || client.if_unmodified_since != nullptr;
    return isKnown && !mayFail && (context.confirmsMemory || !mayConfirm);
}

}  // namespace

ngx_int_t deliverOriginal(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.isOriginal = true;
    const bool isElsewhere = context.gate.origin != nullptr || context.gate.namedOrigin.len != 0;
    if (!isElsewhere && !isHandledHere(r, cleanUri(context, context.target.parsed->path))) {
        context.isOriginal = false;
        return refuse(context, Reason::badUrl, "it is not a path of this location");
    }
    if (rewriteRequestForImage(context) != NGX_OK || startTimer(context) != NGX_OK) {
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
    if (!awaitsJudgement(context)) {
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
        r, isTold ? refuseByStorageError(context)
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
        context.storageError->read(in->buf);
    }
    if (isAtEnd) {
        stopWaiting(context);
        return refuseByStorageError(context);
    }
    if (context.storageError->isFull()) {
        ngx_add_timer(&context.timer, 1);
    }
    return NGX_OK;
}

std::optional<ngx_int_t> filterErrorPage(RequestContext& context) {
    const bool isHidden =
        markOfErrorPage(context) == Mark::privateImage || isStorageErrorPage(context.r);
    return isHidden ? std::optional(refuseWithOwnPage(context)) : std::nullopt;
}

bool isExpectedOfOriginal(const RequestContext& context, ngx_uint_t status) {
    return isExpected(static_cast<unsigned>(status), expectedOf(context));
}

void refuseForErrorPage(RequestContext& context, ngx_uint_t status, bool headersLost) {
    context.facts.originStatus = status;
    stopWaiting(context);
    context.errorPage.hasLedOn = true;
    if (headersLost) {
        context.errorPage.mark = Mark::privateImage;
        restoreHeaders(context);
        refuse(context, Reason::originError, "proxy_cache kept an error without its headers");
        return;
    }
    const OriginAnswer answer = answerOf(context, context.r, status);
    context.errorPage.mark = combine(context.errorPage.mark, answer.mark);
    const Source& source = context.sources.front();
    SharedKnowledge knowledge(context, source, context.arrivedAt);
    const AnswerJudgement judgement =
        judgeFailure(judgedImage(context, source), answer, {}, knowledge);
    restoreHeaders(context);
    refuse(context, judgement.decision.reason, judgement.detail);
}

std::optional<ngx_int_t> filterOriginalHeader(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const ngx_uint_t status = statusOfAnswer(context);
    context.facts.originStatus = status;
    context.facts.originTime = ngx_current_msec - context.startedAt;
    const ExpectedAnswer expected = expectedOf(context);
    const bool isUsable = isExpected(static_cast<unsigned>(status), expected);
    if (!isUsable && isStorageError(r, status)) {
        // Not judged yet: the time goes on, and the body is for filterStorageError.
        context.storageError.emplace();
        r->filter_need_in_memory = 1;
        return NGX_OK;
    }
    stopWaiting(context);
    const Source& source = context.sources.front();
    SharedKnowledge knowledge(context, source, context.arrivedAt);
    const OriginAnswer answer = answerOf(context, r, status);
    const AnswerJudgement judgement =
        judgeAnswer(accessOf(context), judgedImage(context, source), answer, expected, knowledge);
    if (!answer.isHttp) {
        r->http_version = context.httpVersion;
    }
    if (isUsable) {
        context.access.mark = judgement.mark;
    }
    if (judgement.use == AnswerJudgement::Use::contradiction && !judgement.state) {
        forgetOriginState(source.image);  // the next request asks without conditions
    }
    if (!judgement.decision.allowed) {
        return refuseJudged(context, judgement);
    }
    context.access.reason = judgement.decision.reason;
    context.isJudged = true;
    context.answer.judgedUpstream = r->upstream;
    restoreHeaders(context);
    if (context.errorPage.hasLedOn && isStorageErrorPage(r)) {
        return refuseWithOwnPage(context);
    }
    if (isOriginsPage(context, status)) {
        return replacePage(r, status);
    }
    finishOriginalHeader(context);
    if (context.strippedConditions) {
        letNginxApplyConditions(r);
    }
    return std::nullopt;
}

std::optional<ngx_int_t> filterSliceHeader(RequestContext& context, ngx_http_request_t* r) {
    const auto status = static_cast<unsigned>(r->headers_out.status);
    ExpectedAnswer expected;
    expected.anySuccess = true;
    if (!isExpected(status, expected)) {
        return std::nullopt;  // the slice filter ends it
    }
    const Source& source = context.sources.front();
    SharedKnowledge knowledge(context, source, context.arrivedAt);
    const AnswerJudgement judgement = judgeAnswer(
        accessOf(context), judgedImage(context, source),
        readOriginAnswer(context, r, status, readAnswerHeaders(r, context.gateLocations), {}),
        expected, knowledge);
    if (judgement.decision.allowed) {
        return std::nullopt;
    }
    context.access.mark = judgement.mark;
    refuse(context, judgement.decision.reason, "a slice of it is not allowed");
    return NGX_ERROR;  // the answer has begun: all that is left is to close the connection
}

}  // namespace private_image
