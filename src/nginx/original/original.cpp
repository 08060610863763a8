#include "nginx/original/original.hpp"

#include <string>
#include <utility>

#include "access/client_conditions.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/own_page.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"
#include "nginx/request/served_file.hpp"

namespace private_image {
namespace {

// After how many milliseconds a request whose deadline has passed is tried again, where NGINX
// cannot end it yet.
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

ClientConditions conditionsOf(const ngx_http_headers_in_t& client) {
    ClientConditions conditions;
    if (client.if_none_match != nullptr) {
        conditions.ifNoneMatch = view(client.if_none_match->value);
    }
    if (client.if_modified_since != nullptr) {
        const ngx_str_t& since = client.if_modified_since->value;
        conditions.ifModifiedSince = ngx_parse_http_time(since.data, since.len);
    }
    conditions.hasIfMatch = client.if_match != nullptr;
    conditions.hasIfUnmodifiedSince = client.if_unmodified_since != nullptr;
    return conditions;
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

// True where a condition failed and the answer is the origin's own page: only NGINX's and the
// operator's pages may go out for it.
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

}  // namespace

// ------------------------------------------------------------------ to the origin

OriginalDelivery* originalOf(const RequestContext& context) {
    return dynamic_cast<OriginalDelivery*>(context.delivery.get());
}

bool awaitsJudgement(const RequestContext& context) {
    const OriginalDelivery* original = originalOf(context);
    return original != nullptr && original->awaitsJudgement();
}

ngx_int_t deliverOriginal(RequestContext& context) {
    const bool isElsewhere = context.gate.origin != nullptr || context.gate.namedOrigin.len != 0;
    if (!isElsewhere && !isHandledHere(context.r, cleanUri(context, context.target.parsed->path))) {
        return refuse(context, Reason::badUrl, "it is not a path of this location");
    }
    auto original = std::make_unique<OriginalDelivery>(context);
    OriginalDelivery& started = *original;
    context.delivery = std::move(original);
    return started.start(isElsewhere);
}

ngx_int_t OriginalDelivery::start(bool isElsewhere) {
    ngx_http_request_t* r = context_.r;
    if (rewriteRequestForImage(context_) != NGX_OK || startTimer(context_) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const ngx_http_headers_in_t& client = context_.saved->headersIn;
    const ClientConditions conditions = conditionsOf(client);
    const JudgedImage image = judgedImage(context_.sources.front());
    const RequestAccess access = accessOf(context_);
    confirmsKnown_ = confirmsOnlyKnown(conditions, image.known, access.policyDigest);
    const bool keepConditions = mayPassConditions(conditions, access, image, nowInMilliseconds());
    strippedConditions_ = !keepConditions && (client.range != nullptr || hasConditions(client));
    if (replaceHeaders(r, client, keepConditions) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return isElsewhere ? redirectToOrigin(context_) : ngx_int_t{NGX_DECLINED};
}

void OriginalDelivery::onDeadline() {
    ngx_http_request_t* r = context_.r;
    ngx_http_upstream_t* upstream = r->upstream;
    // NGINX cannot be ended while a thread is at work, or while it waits for a lock of proxy_cache.
    const bool isEndable = upstream != nullptr && upstream->cleanup != nullptr &&
                           *upstream->cleanup != nullptr && r->blocked == 0 &&
                           r->connection->data == r && r->postponed == nullptr;
    if (!awaitsJudgement()) {
        return;
    }
    if (!isEndable) {
        ngx_add_timer(&context_.timer, retryInterval);
        return;
    }
    r->main->count++;  // the clean-up gives one back
    (*upstream->cleanup)(r);
    if (context_.saved) {
        r->headers_in = context_.saved->headersIn;
    }
    const bool hasReadError = readsStorageError() && storageError_.isFull();
    ngx_http_finalize_request(
        r, hasReadError ? refuseByStorageError()
                        : refuse(context_, Reason::timeout, timeoutDetail(context_.gate)));
}

bool OriginalDelivery::awaitsJudgement() const {
    const bool isOpen = stage_ == Stage::awaitsAnswer || stage_ == Stage::readsStorageError;
    return isOpen && !context_.access.isRefused;
}

bool OriginalDelivery::readsStorageError() const {
    return stage_ == Stage::readsStorageError && awaitsJudgement();
}

std::vector<ngx_msec_t> OriginalDelivery::originTimes() const {
    if (context_.facts.originStatus == 0) {
        return {};
    }
    return {context_.facts.originTime};
}

// ------------------------------------------------------------------ the answer

// The whole image, a part of it, or the answer to a condition where the origin got conditions.
ExpectedAnswer OriginalDelivery::expected() const {
    const ngx_http_headers_in_t& sent = context_.r->headers_in;
    ExpectedAnswer expected;
    expected.anySuccess = true;
    expected.notModified = hasConditions(sent);
    expected.conditionFailures =
        !strippedConditions_ && (hasConditions(sent) || sent.range != nullptr);
    expected.confirms =
        confirmsKnown_ ? &*context_.sources.front().remembered.originState : nullptr;
    return expected;
}

bool OriginalDelivery::isExpectedStatus(ngx_uint_t status) const {
    return isExpected(static_cast<unsigned>(status), expected());
}

OriginAnswer OriginalDelivery::readAnswer(ngx_uint_t status) const {
    return readOriginAnswer(context_, context_.r, status,
                            readAnswerHeaders(context_.r, context_.gateLocations), redirect, file_);
}

// True for the redirect that an error_page with a URL makes of an original's failure. NGINX's own
// redirect of a folder is a 301.
bool OriginalDelivery::isRedirectOfErrorPage() const {
    const ngx_http_request_t* r = context_.r;
    const bool isRedirect = r->err_status >= NGX_HTTP_SPECIAL_RESPONSE &&
                            r->err_status < NGX_HTTP_BAD_REQUEST &&
                            r->err_status != NGX_HTTP_NOT_MODIFIED;
    const bool isOrigins =
        r->upstream != nullptr && r->upstream->headers_in.status_n == r->err_status;
    const bool isFolders = r->upstream == nullptr && r->err_status == NGX_HTTP_MOVED_PERMANENTLY;
    return awaitsJudgement() && isBuiltInPage(context_) && isRedirect && !isOrigins && !isFolders;
}

// The status of the origin's answer, which r->err_status hides once an error_page has led here or
// on.
ngx_uint_t OriginalDelivery::statusOfAnswer() const {
    const ngx_http_request_t* r = context_.r;
    if (r->err_status == 0) {
        return r->headers_out.status;
    }
    if (context_.errorPage.hasLedOn && r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) {
        return r->err_status;  // a page for what a client's conditions came to
    }
    const bool hasUpstream = hasNewUpstream(context_, r) && r->upstream->headers_in.status_n != 0;
    if (isBuiltInPage(context_)) {
        return isRedirectOfErrorPage() ? statusOfError(context_, r) : r->headers_out.status;
    }
    return hasUpstream ? r->upstream->headers_in.status_n : ngx_uint_t{NGX_HTTP_OK};
}

std::optional<ngx_int_t> OriginalDelivery::filterHeader() {
    ngx_http_request_t* r = context_.r;
    const ngx_uint_t status = statusOfAnswer();
    context_.facts.originStatus = status;
    context_.facts.originTime = ngx_current_msec - context_.startedAt;
    const ExpectedAnswer expectedAnswer = expected();
    const bool isUsable = isExpected(static_cast<unsigned>(status), expectedAnswer);
    file_ = isUsable ? readServedFile(context_, r) : FileFacts();
    context_.answer.fileMark = file_.mark;
    if (!isUsable && isStorageError(r, status)) {
        // Not judged yet: the time goes on, and the body is for filterStorageError.
        stage_ = Stage::readsStorageError;
        storageError_ = StorageError();
        r->filter_need_in_memory = 1;
        return NGX_OK;
    }
    stopWaiting(context_);
    logDebug(r->connection->log, "original, origin's status", std::to_string(status));
    const Source& source = context_.sources.front();
    SharedKnowledge knowledge(context_, source, context_.arrivedAt);
    const OriginAnswer answer = readAnswer(status);
    const AnswerJudgement judgement =
        judgeAnswer(accessOf(context_), judgedImage(source), answer, expectedAnswer, knowledge);
    if (!answer.isHttp) {
        r->http_version = context_.httpVersion;
    }
    if (isUsable) {
        context_.access.mark = judgement.mark;
    }
    if (judgement.use == AnswerJudgement::Use::contradiction && !judgement.state) {
        forgetOriginState(source.image);  // the next request asks without conditions
    }
    if (!judgement.decision.allowed) {
        return refuseAnswer(judgement);
    }
    context_.access.reason = judgement.decision.reason;
    logDebug(r->connection->log, "judged, allowed", reasonWord(judgement.decision.reason));
    stage_ = Stage::judged;
    context_.answer.judgedUpstream = r->upstream;
    restoreClientHeaders(context_);
    if (context_.errorPage.hasLedOn && isStorageErrorPage(r)) {
        return refuseWithOwnPage(context_);
    }
    if (isOriginsPage(context_, status)) {
        return replacePage(r, status);
    }
    finishOriginalHeader(context_);
    if (strippedConditions_) {
        letNginxApplyConditions(r);
    }
    return std::nullopt;
}

std::optional<ngx_int_t> OriginalDelivery::filterSliceHeader(ngx_http_request_t* r) {
    const auto status = static_cast<unsigned>(r->headers_out.status);
    ExpectedAnswer expected;
    expected.anySuccess = true;
    if (!isExpected(status, expected)) {
        return std::nullopt;  // the slice filter ends it
    }
    const Source& source = context_.sources.front();
    SharedKnowledge knowledge(context_, source, context_.arrivedAt);
    const FileFacts file = readServedFile(context_, r);
    const AnswerJudgement judgement =
        judgeAnswer(accessOf(context_), judgedImage(source),
                    readOriginAnswer(context_, r, status,
                                     readAnswerHeaders(r, context_.gateLocations), {}, file),
                    expected, knowledge);
    if (judgement.decision.allowed) {
        return std::nullopt;
    }
    context_.access.mark = judgement.mark;
    refuse(context_, judgement.decision.reason, "a slice of it is not allowed");
    return NGX_ERROR;  // the answer has begun: all that is left is to close the connection
}

// ------------------------------------------------------------------ refusals

std::optional<ngx_int_t> OriginalDelivery::refuseAnswer(const AnswerJudgement& judgement) {
    ngx_http_request_t* r = context_.r;
    const ngx_uint_t sent = r->headers_out.status;
    const bool isRedirect = isRedirectOfErrorPage();
    const ngx_int_t status = refuse(context_, judgement.decision.reason, judgement.detail);
    stage_ = Stage::judged;
    restoreClientHeaders(context_);
    const bool isThisPage =
        isBuiltInPage(context_) && (sent == static_cast<ngx_uint_t>(status) || isRedirect);
    if (isThisPage) {
        return std::nullopt;  // NGINX is sending just this page, or error_page's redirect
    }
    if (r->err_status != 0) {
        return refuseWithOwnPage(context_);
    }
    ngx_http_clean_header(r);
    return status;
}

// The code in the body of S3's error is part of the judgement.
ngx_int_t OriginalDelivery::refuseByStorageError() {
    const Source& source = context_.sources.front();
    SharedKnowledge knowledge(context_, source, context_.arrivedAt);
    const AnswerJudgement judgement =
        judgeFailure(judgedImage(source), readAnswer(context_.facts.originStatus),
                     storageError_.code(), knowledge);
    // Only S3's own answer is read like this, never a page of NGINX that may go out.
    return refuseAnswer(judgement).value_or(NGX_ERROR);
}

// Nothing has been sent yet, so that the code which is returned for the last buffer finalizes the
// request. NGINX does not do that in the middle of the body: there the deadline is brought forward.
ngx_int_t OriginalDelivery::filterStorageError(ngx_chain_t* in) {
    const ngx_http_upstream_t& upstream = *context_.r->upstream;
    bool isAtEnd = false;
    for (; in != nullptr; in = in->next) {
        const bool isBroken = in->buf->flush && upstream.cleanup == nullptr;  // it ended too early
        isAtEnd = isAtEnd || in->buf->last_buf || isBroken;
        storageError_.read(in->buf);
    }
    if (isAtEnd) {
        stopWaiting(context_);
        return refuseByStorageError();
    }
    if (storageError_.isFull()) {
        ngx_add_timer(&context_.timer, 1);
    }
    return NGX_OK;
}

void OriginalDelivery::refuseForErrorPage(ngx_uint_t status, bool headersLost) {
    context_.facts.originStatus = status;
    stopWaiting(context_);
    context_.errorPage.hasLedOn = true;
    if (headersLost) {
        context_.errorPage.mark = Mark::privateImage;
        restoreClientHeaders(context_);
        refuse(context_, Reason::originError, "proxy_cache kept an error without its headers");
        return;
    }
    const OriginAnswer answer = readAnswer(status);
    context_.errorPage.mark = combine(context_.errorPage.mark, answer.mark);
    const Source& source = context_.sources.front();
    SharedKnowledge knowledge(context_, source, context_.arrivedAt);
    const AnswerJudgement judgement = judgeFailure(judgedImage(source), answer, {}, knowledge);
    restoreClientHeaders(context_);
    refuse(context_, judgement.decision.reason, judgement.detail);
}

}  // namespace private_image
