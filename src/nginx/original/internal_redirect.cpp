#include "nginx/original/internal_redirect.hpp"

#include "nginx/original/origin_judgement.hpp"
#include "nginx/original/original.hpp"
#include "nginx/request/image_mark.hpp"

namespace private_image {
namespace {

// proxy_cache keeps only the status of an error that was intercepted.
bool hasLostHeaders(ngx_http_request_t* r, const RequestContext& context) {
    const ngx_http_upstream_t* upstream = r->upstream;
    if (!hasNewUpstream(context, r) || upstream->headers_in.status_n != 0) {
        return false;
    }
#if (NGX_HTTP_CACHE)
    return upstream->cache_status == NGX_HTTP_CACHE_HIT ||
           upstream->cache_status == NGX_HTTP_CACHE_STALE ||
           upstream->cache_status == NGX_HTTP_CACHE_UPDATING;
#else
    return false;
#endif
}

void keepMarkOfPage(RequestContext& context, ngx_http_request_t* r) {
    context.errorPage.hasLedOn = true;
    context.errorPage.mark =
        combine(context.errorPage.mark,
                hasLostHeaders(r, context) ? Mark::privateImage : readFlagHeaders(r, context));
}

// True where an origin's failure has led on, in a gate whose private images must look missing.
bool hidesFailure(const RequestContext& context, ngx_http_request_t* r) {
    const bool hasFailed = hasLostHeaders(r, context) ||
                           (hasNewUpstream(context, r) &&
                            r->upstream->headers_in.status_n >= NGX_HTTP_SPECIAL_RESPONSE) ||
                           (r->error_page && !context.errorPage.wasSetAtEntry);
    return context.gate.deniedStatus == NGX_HTTP_NOT_FOUND && hasFailed;
}

// True where an error_page answers for an original that failed. One with "=" is a fallback origin,
// whose answer is the image; but where a private image must look missing, what is missing has to be
// answered as a private one is.
bool isErrorPage(const RequestContext& context, const OriginalDelivery& original,
                 ngx_http_request_t* r) {
    if (original.isExpectedStatus(statusOfError(context, r))) {
        return false;
    }
    const bool isNew = r->err_status != context.errorPage.statusSeen;
    return (isNew && r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) || hidesFailure(context, r);
}

void add(RedirectFacts& redirect, const RequestContext& context, ngx_http_request_t* r) {
    redirect.mark = combine(redirect.mark, readFlagHeaders(r, context));
    redirect.headersLost = redirect.headersLost || hasLostHeaders(r, context);
}

void keepMarkOfFetch(const RequestContext& context, ngx_http_request_t* r) {
    ImageSubrequest* fetch = imageSubrequestOf(context, r);
    if (fetch != nullptr && fetch->request == r) {
        add(fetch->redirect, context, r);
        fetch->hidesFailure = fetch->hidesFailure || hidesFailure(context, r);
    }
}

void keepMarkOfOriginal(RequestContext& context, OriginalDelivery& original,
                        ngx_http_request_t* r) {
    if (isErrorPage(context, original, r)) {
        original.refuseForErrorPage(statusOfError(context, r), hasLostHeaders(r, context));
        return;
    }
    context.errorPage.hasLedOn =
        context.errorPage.hasLedOn || r->err_status != context.errorPage.statusSeen;
    add(original.redirect, context, r);
}

void keepMark(RequestContext& context, ngx_http_request_t* r) {
    if (r != r->main) {
        keepMarkOfFetch(context, r);
        return;
    }
    if (awaitsJudgement(context)) {
        keepMarkOfOriginal(context, *originalOf(context), r);
    } else {
        keepMarkOfPage(context, r);
    }
    context.errorPage.statusSeen = r->err_status;
}

}  // namespace

ngx_int_t keepMarkOfRedirect(ngx_http_request_t* r) {
    RequestContext* context = r->internal ? contextOf(r) : nullptr;
    if (context != nullptr && !(r == r->main && isRewritten(r))) {
        keepMark(*context, r);
    }
    return NGX_DECLINED;
}

}  // namespace private_image
