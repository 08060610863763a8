#include "nginx/answer_filter.hpp"

#include <algorithm>
#include <optional>

#include "access/outgoing_answer.hpp"
#include "nginx/bucket/bucket_request.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/door/door_call.hpp"
#include "nginx/endpoints/sign_answer.hpp"
#include "nginx/host/added_headers.hpp"
#include "nginx/host/log.hpp"
#include "nginx/original/original.hpp"
#include "nginx/original/shown_mark.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/own_page.hpp"
#include "nginx/request/response_headers.hpp"
#include "nginx/s3_origin/answer.hpp"

namespace private_image {
namespace {

ngx_http_output_header_filter_pt nextHeader;
ngx_http_output_body_filter_pt nextBody;
ngx_http_output_body_filter_pt nextFirstBody;
ngx_http_output_header_filter_pt nextLastHeader;

// `return` of NGINX's rewrite module, which is the first to register for its phases.
ngx_http_handler_pt rewriteHandler;
// Debian's image_filter, where it is loaded.
ngx_module_t* imageFilter;

// ------------------------------------------------------------------ the main request

// What `return` says is the operator's own text.
bool isTextOfReturn(RequestContext& context) {
    const ngx_http_request_t* r = context.r;
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const ngx_http_phase_handler_t& phase = core->phase_engine.handlers[r->phase_handler];
    return phase.checker == ngx_http_core_rewrite_phase && phase.handler == rewriteHandler &&
           !addsPrivateFlag(context);
}

// image_filter would take NGINX's page for an image; with a context it lets an answer pass.
void keepFromImageFilter(RequestContext& context) {
    const bool isPage = context.access.isRefused || context.answer.isOwnPage ||
                        context.gateStage == GateStage::claimed;
    if (imageFilter != nullptr && isPage) {
        ngx_http_set_ctx(context.r, &context, (*imageFilter));
    }
}

OutgoingAnswer outgoingAnswer(const RequestContext& context) {
    OutgoingAnswer answer;
    answer.reason = context.access.reason;
    answer.isRefused = context.access.isRefused;
    answer.isOwnPage = context.answer.isOwnPage;
    answer.isErrorPage = context.errorPage.hasLedOn;
    answer.isMarkPersonal = context.access.isPersonal;
    answer.allowsSharedCache = context.gate.sharedCacheAllowed;
    return answer;
}

// Lets a judged answer of the main request go on to the other filters.
ngx_int_t passAnswer(RequestContext& context) {
    context.answer.hasPassed = true;
    keepFromImageFilter(context);
    const bool isElsewhere = context.errorPage.hasLedOn || context.isRewrittenAway();
    if (!isElsewhere) {  // an error page has the headers of its own location
        useAddedHeadersOf(context.r, context.gateLocations);
    }
    if (isForOneClient(outgoingAnswer(context))) {
        announcePrivate(context);
    }
    return nextHeader(context.r);
}

// Another module has answered in the gate's place: a fault of the configuration, or a hole.
ngx_int_t refuseUnjudged(RequestContext& context) {
    refuse(context, Reason::internal, "another module answered before the gate could judge");
    return refuseWithOwnPage(context);
}

// The operator has led the request out of the gate. Only a private image is held back.
ngx_int_t filterRewritten(RequestContext& context) {
    if (markOfErrorPage(context) != Mark::privateImage) {
        return passAnswer(context);
    }
    refuse(context, Reason::unsignedUrl, "\"rewrite\" led to a private image beside the gate");
    return refuseWithOwnPage(context);
}

// A private image is no error page, and S3's errors show what was signed.
ngx_int_t filterErrorPage(RequestContext& context) {
    const bool isHidden =
        markOfErrorPage(context) == Mark::privateImage || isStorageErrorPage(context.r);
    return isHidden ? refuseWithOwnPage(context) : passAnswer(context);
}

ngx_int_t judgeHeader(RequestContext& context) {
    context.answer.hasPassed = false;
    if (context.answer.isOwnPage) {
        return passAnswer(context);
    }
    if (awaitsJudgement(context)) {
        const std::optional<ngx_int_t> end = originalOf(context)->filterHeader();
        return end ? *end : passAnswer(context);
    }
    if (context.errorPage.hasLedOn) {
        return filterErrorPage(context);
    }
    if (context.isRewrittenAway()) {
        return filterRewritten(context);
    }
    const bool isOwnAnswer = context.isEntered() && context.access.reason.has_value();
    if (isOwnAnswer || isBuiltInPage(context)) {
        return passAnswer(context);
    }
    if (!context.isEntered() && isTextOfReturn(context)) {
        return passAnswer(context);
    }
    return refuseUnjudged(context);
}

// True if nothing but a private image can be in this answer.
bool isFlaggedAfterJudgement(RequestContext& context) {
    return isWithheldIfFlagged(outgoingAnswer(context)) && carriesPrivateFlag(context);
}

// ------------------------------------------------------------------ subrequests

bool isShownToClient(const ngx_http_request_t* r) {
    return !r->header_only && !r->background;  // else auth_request's, or a mirror's
}

bool isSlice(const RequestContext& context, const ngx_http_request_t* r) {
    const ngx_http_request_t* main = r->main;
    const OriginalDelivery* original = originalOf(context);
    return original != nullptr && original->isJudged() && main->subrequest_ranges &&
           r->loc_conf == main->loc_conf;
}

ngx_int_t filterPartHeader(RequestContext& context, ngx_http_request_t* r) {
    if (Fetch* fetch = fetchOf(context, r)) {
        return fetch->request == r ? fetch->owner->filterFetchHeader(*fetch, r) : nextHeader(r);
    }
    if (isSlice(context, r)) {
        const std::optional<ngx_int_t> end = originalOf(context)->filterSliceHeader(r);
        return end ? *end : nextHeader(r);
    }
    if (isShownToClient(r) && markOfInclude(context, r) == Mark::privateImage) {
        logReason(r, Reason::unsignedUrl, "an include of a private image is left out");
        context.answer.hiddenParts.push_back(r);
    }
    return nextHeader(r);
}

bool isHiddenPart(const RequestContext& context, const ngx_http_request_t* r) {
    for (; r != r->main; r = r->parent) {
        if (std::find(context.answer.hiddenParts.begin(), context.answer.hiddenParts.end(), r) !=
            context.answer.hiddenParts.end()) {
            return true;
        }
    }
    return false;
}

void swallow(ngx_chain_t* in) {
    for (; in != nullptr; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }
}

ngx_int_t filterPartBody(RequestContext& context, ngx_http_request_t* r, ngx_chain_t* in) {
    if (Fetch* fetch = fetchOf(context, r)) {
        if (fetch->request == r) {
            return filterFetchBody(context, *fetch, r, in);
        }
        swallow(in);  // an include in what is fetched
        return NGX_OK;
    }
    if (isHiddenPart(context, r)) {
        swallow(in);
        return NGX_OK;
    }
    return nextBody(r, in);
}

// ------------------------------------------------------------------ the files that are sent

// False for what NGINX keeps in files itself: an upstream's answer, a derivative in the cache.
bool mayBeAnImagesFile(const RequestContext& context, const ngx_http_request_t* r) {
    const bool isUpstreams = r->content_handler != nullptr && r->upstream != nullptr;
    const bool isDerivative = r == r->main && context.delivery != nullptr &&
                              originalOf(context) == nullptr && !context.errorPage.hasLedOn;
    return context.gate.readsFileMarks && !isUpstreams && !isDerivative;
}

// The mark by which this answer, or part of an answer, was let pass. Only originals may be private.
Mark judgedMark(const RequestContext& context, const ngx_http_request_t* r) {
    const OriginalDelivery* original = originalOf(context);
    const bool isOriginal = original != nullptr && original->isJudged() &&
                            !context.access.isRefused && (r == r->main || isSlice(context, r));
    return isOriginal ? context.access.mark : Mark::publicImage;
}

void refuseSentFile(RequestContext& context) {
    const bool isSigned = context.access.signature.signature == Signature::valid;
    refuse(context, isSigned ? Reason::originError : Reason::unsignedUrl,
           "the file that was judged public is private when it is sent, the connection is closed");
}

// Judges the file whose bytes come next by its descriptor. False: they must not be sent.
bool judgeFile(RequestContext& context, ngx_http_request_t* r, ngx_fd_t descriptor) {
    Fetch* fetch = fetchOf(context, r);
    const FileFacts sent = readFileFacts(descriptor);
    if (fetch != nullptr && fetch->request == r) {
        judgeSentFile(context, *fetch, r, sent);
    }
    if (fetch != nullptr || isHiddenPart(context, r)) {
        return true;  // the fetch keeps the bytes or drops them, and what is hidden is dropped
    }
    const Mark read = r == r->main ? context.answer.fileMark : Mark::unknown;
    if (maySendFile({judgedMark(context, r), read, sent.mark, context.gate.unmarked})) {
        return true;
    }
    refuseSentFile(context);
    return false;
}

// ------------------------------------------------------------------ no exception may reach NGINX

template <ngx_int_t (*filter)(ngx_http_request_t*)>
ngx_int_t guardedHeader(ngx_http_request_t* r) {
    try {
        return filter(r);
    } catch (...) {
        logException(r->connection->log, "filtering a header");
        return NGX_ERROR;
    }
}

template <ngx_int_t (*filter)(ngx_http_request_t*, ngx_chain_t*)>
ngx_int_t guardedBody(ngx_http_request_t* r, ngx_chain_t* in) {
    try {
        return filter(r, in);
    } catch (...) {
        logException(r->connection->log, "filtering a body");
        return NGX_ERROR;
    }
}

#if (nginx_version >= 1029000)
ngx_http_output_header_filter_pt nextEarlyHints;

// What an origin says ahead of its answer comes before any judgement.
ngx_int_t filterEarlyHints(ngx_http_request_t* r) {
    return contextOf(r) == nullptr ? nextEarlyHints(r) : NGX_OK;
}
#endif

ngx_module_t* moduleNamed(ngx_cycle_t* cycle, std::string_view name) {
    for (ngx_module_t** module = cycle->modules; *module != nullptr; module++) {
        if (name == (*module)->name) {
            return *module;
        }
    }
    return nullptr;
}

ngx_http_handler_pt firstHandlerOf(ngx_conf_t* cf, ngx_http_phases phase) {
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    const ngx_array_t& handlers = core->phases[phase].handlers;
    return handlers.nelts == 0 ? nullptr : *static_cast<ngx_http_handler_pt*>(handlers.elts);
}

// Of what an answer of a bucket has led to.
ngx_int_t dropHeader(ngx_http_request_t* r) {
    r->header_sent = 1;
    r->header_only = 1;
    return NGX_OK;
}

}  // namespace

ngx_int_t filterHeader(ngx_http_request_t* r) {
    if (isBucketSubrequest(r)) {
        BucketRequest* request = bucketRequestOf(r);
        return request != nullptr ? request->filterHeader(r) : dropHeader(r);
    }
    if (DoorCall* call = r == r->main ? doorCallOf(r) : nullptr) {
        call->onForeignAnswer();  // does nothing once the call answers by itself
    }
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return nextHeader(r);
    }
    return r == r->main ? judgeHeader(*context) : filterPartHeader(*context, r);
}

ngx_int_t filterBody(ngx_http_request_t* r, ngx_chain_t* in) {
    if (isBucketSubrequest(r)) {
        const BucketRequest* request = bucketRequestOf(r);
        const bool goesToClient = request != nullptr && request->isSending();
        return goesToClient ? nextBody(r, in) : NGX_OK;
    }
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return nextBody(r, in);
    }
    if (r != r->main) {
        return filterPartBody(*context, r, in);
    }
    OriginalDelivery* original = originalOf(*context);
    if (original != nullptr && original->readsStorageError()) {
        return original->filterStorageError(in);
    }
    if (!context->answer.hasPassed) {
        return NGX_ERROR;  // no byte before the header was judged, and none of a refused answer
    }
    removeTrailers(*context);
    return nextBody(r, in);
}

// What comes from a file has not been read yet, whatever the configuration says of sendfile.
ngx_int_t filterFirstBody(ngx_http_request_t* r, ngx_chain_t* in) {
    if (isBucketSubrequest(r)) {
        BucketRequest* request = bucketRequestOf(r);
        const bool isExpected = request == nullptr || request->expectsBytes(in);
        return isExpected ? nextFirstBody(r, in) : NGX_ERROR;
    }
    RequestContext* context = in == nullptr ? nullptr : contextOf(r);
    if (context == nullptr || !mayBeAnImagesFile(*context, r)) {
        return nextFirstBody(r, in);
    }
    for (const ngx_chain_t* link = in; link != nullptr; link = link->next) {
        const ngx_buf_t& buffer = *link->buf;
        if (buffer.in_file && !judgeFile(*context, r, buffer.file->fd)) {
            return NGX_ERROR;  // NGINX then closes the connection
        }
    }
    return nextFirstBody(r, in);
}

ngx_int_t filterLastHeader(ngx_http_request_t* r) {
    if (r != r->main) {
        return nextLastHeader(r);
    }
    if (locationConfig(r)->sign != nullptr) {
        forbidStoring(r);
    }
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return nextLastHeader(r);
    }
    if (!context->answer.hasPassed) {
        return refuseUnjudged(*context);
    }
    if (context->isRewrittenAway() && !context->access.isRefused && !carriesPrivateFlag(*context)) {
        return nextLastHeader(r);  // another location's answer, with that location's headers
    }
    if (isFlaggedAfterJudgement(*context)) {
        context->answer.hasPassed = false;
        if (!context->access.isRefused) {
            refuse(*context, Reason::internal,
                   "another module flags as private what was judged "
                   "public, write private_image_mark instead");
        }
        return refuseWithOwnPage(*context);
    }
    if (r->subrequest_ranges && context->saved) {
        r->headers_in.headers = context->shownHeaders;  // further slices are asked for with it
    }
    finishHeader(*context);
    return nextLastHeader(r);
}

void addBodyFilter() {
    nextBody = ngx_http_top_body_filter;
    ngx_http_top_body_filter = guardedBody<filterBody>;
}

void addLastHeaderFilter() {
    nextLastHeader = ngx_http_top_header_filter;
    ngx_http_top_header_filter = guardedHeader<filterLastHeader>;
}

void addFirstFilters(ngx_conf_t* cf) {
    nextFirstBody = ngx_http_top_body_filter;
    ngx_http_top_body_filter = guardedBody<filterFirstBody>;
    nextHeader = ngx_http_top_header_filter;
    ngx_http_top_header_filter = guardedHeader<filterHeader>;
#if (nginx_version >= 1029000)
    nextEarlyHints = ngx_http_top_early_hints_filter;
    ngx_http_top_early_hints_filter = guardedHeader<filterEarlyHints>;
#endif
    rewriteHandler = firstHandlerOf(cf, NGX_HTTP_REWRITE_PHASE);
    imageFilter = moduleNamed(cf->cycle, "ngx_http_image_filter_module");
}

}  // namespace private_image
