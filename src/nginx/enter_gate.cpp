#include "nginx/enter_gate.hpp"

#include "access/early_refusal.hpp"
#include "nginx/bucket/bucket_request.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/door/door.hpp"
#include "nginx/door/enter_door.hpp"
#include "nginx/endpoints/purge.hpp"
#include "nginx/endpoints/sign_request.hpp"
#include "nginx/host/log.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/original/original.hpp"
#include "nginx/original/shown_mark.hpp"
#include "nginx/request/request.hpp"

namespace private_image {
namespace {

// By what is remembered of the image, and by private_image_mark.
std::optional<ngx_int_t> refuseKnown(RequestContext& context) {
    const Source& original = context.sources.front();
    const ParsedRequest& parsed = *context.target.parsed;
    KnownAtGate known;
    known.judgement = judgeKnown(accessOf(context), judgedImage(original), nowInMilliseconds());
    known.isMissing = original.remembered.isMissing;
    known.hasDefaultImage =
        parsed.requestKind != RequestKind::original && !parsed.transform.defaultImage.empty();
    known.denialsLookMissing = context.gate.deniedStatus == NGX_HTTP_NOT_FOUND;
    context.access.mark = known.judgement.mark;
    const std::optional<Reason> reason = refuseByKnowledge(known);
    if (!reason) {
        return std::nullopt;
    }
    return refuse(context, *reason,
                  *reason == Reason::notFound ? "the origin has just answered so" : "");
}

// What can be refused before the origin is asked.
std::optional<ngx_int_t> refuseEarly(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const Gate& gate = context.gate;
    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return refuse(context, Reason::method, std::string(view(r->method_name).substr(0, 32)));
    }
    if (const auto decision = refuseBeforeUrl(context.access.signature, gate.policy)) {
        return refuse(context, decision->reason, "");
    }
    if (!parsedUrl(context)) {
        return refuse(context, context.target.parseError.reason, context.target.parseError.detail);
    }
    const RequestKind requestKind = context.target.parsed->requestKind;
    if (const auto decision =
            refuseBeforeMark(requestKind, context.access.signature, gate.policy)) {
        return refuse(context, decision->reason, "");
    }
    if (context.access.inherited.headersLost) {
        return refuse(context, Reason::originError,
                      "proxy_cache kept an error without its headers");
    }
    Result<Source, const char*> original = makeSource(context, context.target.parsed->path);
    if (!original) {
        return refuse(context, Reason::internal, original.error());
    }
    context.sources.push_back(std::move(*original));
    return refuseKnown(context);
}

// A subrequest that the gate did not make (SSI, mirror, auth_request) has no signature of its own.
// NGINX's own page answers, as no gate could judge an error_page.
ngx_int_t refuseSubrequest(ngx_http_request_t* r, const Gate& gate) {
    r->error_page = 1;
    logReason(r, Reason::unsignedUrl, "a subrequest from elsewhere");
    return gate.deniedStatus != 0 ? gate.deniedStatus : statusOf(Reason::unsignedUrl, gate.dialect);
}

// A subrequest that the module made: of a gate, or of a door to its bucket. Its answer goes to no
// client.
bool isFetch(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    return (context != nullptr && imageSubrequestOf(*context, r) != nullptr) ||
           isBucketSubrequest(r);
}

// A gate that an internal redirect left for this one waits no more. What led here keeps its mark;
// the mark of an image that was refused is not its error page's, but where that may be the same.
void inheritFromRedirect(RequestContext& context, RequestContext& previous) {
    stopWaiting(previous);
    context.outer = &previous;
    context.access.inherited.mark =
        combine(previous.access.inherited.mark, previous.errorPage.mark);
    if (previous.isEntered()) {
        context.access.inherited.mark =
            combine(context.access.inherited.mark, markForNextGate(previous));
    }
    if (const OriginalDelivery* original = originalOf(previous);
        original != nullptr && original->awaitsJudgement()) {
        context.access.inherited.mark =
            combine(context.access.inherited.mark, original->redirect.mark);
        context.access.inherited.headersLost = original->redirect.headersLost;
    }
    if (previous.delivery) {
        previous.delivery->leave();
    }
}

// The context that claimed the request; another where an "if" block has led to a gate of its own.
RequestContext& contextAtEntry(ngx_http_request_t* r, const Gate& gate) {
    RequestContext* claimed = contextOf(r);
    if (claimed == nullptr) {
        return makeContext(r, gate);
    }
    claimed->gateLocations = r->loc_conf;
    if (&claimed->gate == &gate) {
        return *claimed;
    }
    RequestContext& context = makeContext(r, gate);
    context.outer = claimed->outer;
    context.access.inherited = claimed->access.inherited;
    context.target.raw = claimed->target.raw;
    return context;
}

// NGINX itself would answer 413 before any module knows the location.
bool isBodyTooLarge(ngx_http_request_t* r, const Gate& gate) {
    return !r->internal && gate.maxBodySize != 0 &&
           gate.maxBodySize < r->headers_in.content_length_n;
}

}  // namespace

ngx_int_t claimRequest(ngx_http_request_t* r) {
    const Gate* gate = locationConfig(r)->gate;
    if (r != r->main) {
        const bool isForeign = gate != nullptr && !isFetch(r);
        return isForeign ? refuseSubrequest(r, *gate) : ngx_int_t{NGX_DECLINED};
    }
    RequestContext* previous = contextOf(r);
    if (gate == nullptr) {
        if (previous != nullptr && isRewritten(r)) {
            previous->gateStage = GateStage::rewrittenAway;
        }
        return NGX_DECLINED;
    }
    RequestContext& context = makeContext(r, *gate);
    if (previous != nullptr) {
        inheritFromRedirect(context, *previous);
    }
    if (gate->isInternal && !r->internal) {
        dropBody(r);
        return refuse(context, Reason::notFound, "the location is internal");
    }
    const bool isTooLarge = isBodyTooLarge(r, *gate);
    if (isTooLarge) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "client intended to send too large body: %O bytes",
                      r->headers_in.content_length_n);
    }
    dropBody(r);
    return isTooLarge ? ngx_int_t{NGX_HTTP_REQUEST_ENTITY_TOO_LARGE} : ngx_int_t{NGX_DECLINED};
}

ngx_int_t enterGate(ngx_http_request_t* r) {
    if (const BucketRequest* request = bucketRequestOf(r)) {
        request->enterContent(r);
        return NGX_DECLINED;
    }
    if (locationConfig(r)->purge != nullptr) {
        return enterPurge(r);
    }
    if (locationConfig(r)->sign != nullptr) {
        return enterSign(r);
    }
    if (doorOf(r) != nullptr) {
        return enterDoor(r);
    }
    const Gate* gate = locationConfig(r)->gate;
    if (gate == nullptr) {
        return NGX_DECLINED;
    }
    if (isFetch(r)) {
        return NGX_DECLINED;
    }
    if (r != r->main) {
        return refuseSubrequest(r, *gate);
    }
    dropBody(r);  // another module may have read one since
    RequestContext& context = contextAtEntry(r, *gate);
    readTarget(context);
    context.gateStage = GateStage::entered;
    logDebug(r->connection->log, "gate entered, signature",
             signatureWord(context.access.signature.signature));
    if (const auto status = refuseEarly(context)) {
        return *status;
    }
    return context.target.parsed->requestKind == RequestKind::original ? deliverOriginal(context)
                                                                       : Derivative::enter(context);
}

}  // namespace private_image
