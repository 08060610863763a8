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
bool isErrorPage(const RequestContext& context, ngx_http_request_t* r) {
    if (isExpectedOfOriginal(context, statusOfError(context, r))) {
        return false;
    }
    const bool isNew = r->err_status != context.errorPage.statusSeen;
    return (isNew && r->err_status >= NGX_HTTP_SPECIAL_RESPONSE) || hidesFailure(context, r);
}

void keepMark(RequestContext& context, ngx_http_request_t* r) {
    if (r != r->main) {
        Fetch* fetch = fetchOf(context, r);
        if (fetch != nullptr && fetch->request == r) {
            fetch->redirectMark = combine(fetch->redirectMark, readFlagHeaders(r, context));
            fetch->redirectHeadersLost = fetch->redirectHeadersLost || hasLostHeaders(r, context);
            fetch->hasFailed = fetch->hasFailed || hidesFailure(context, r);
        }
        return;
    }
    const bool isRefusedByPage = awaitsJudgement(context) && isErrorPage(context, r);
    if (isRefusedByPage) {
        refuseForErrorPage(context, statusOfError(context, r), hasLostHeaders(r, context));
    } else if (awaitsJudgement(context)) {
        context.errorPage.hasLedOn =
            context.errorPage.hasLedOn || r->err_status != context.errorPage.statusSeen;
        context.redirectMark = combine(context.redirectMark, readFlagHeaders(r, context));
        context.redirectHeadersLost = context.redirectHeadersLost || hasLostHeaders(r, context);
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
