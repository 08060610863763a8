#include "nginx/request/request.hpp"

#include "dialect/dialect.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/endpoints/purge.hpp"
#include "nginx/endpoints/sign_request.hpp"
#include "nginx/host/log.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/original/origin_mark.hpp"
#include "nginx/original/original.hpp"
#include "nginx/request/content_negotiation.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ reading the request

ParseResult parseUrl(const RequestContext& context) {
    if (context.isClientsTarget) {
        if (const std::string_view wrong = rawTargetError(view(context.rawTarget));
            !wrong.empty()) {
            return Error{ParseError{Reason::badUrl, std::string(wrong)}};
        }
    }
    const Gate& gate = context.gate;
    const std::string_view uri = view(context.uri);
    if (!uri.starts_with(gate.prefix)) {
        return Error{ParseError{Reason::badUrl, "it does not begin with private_image_prefix"}};
    }
    return parseRequest(
        gate.dialect,
        {uri.substr(gate.prefix.size()), view(context.args), gate.hasOptionsFirst,
         view(context.r->headers_in.server),
         context.isClientsTarget ? sentPathBelow(gate.prefix, view(context.rawTarget))
                                 : std::string_view()},
        gate.variants);
}

bool isSameText(const ngx_str_t& a, const ngx_str_t& b) {
    return a.data == b.data && a.len == b.len;
}

// Reads what the URL asks for and its signature, as they stand now; again where a rewrite has
// changed the URL since.
void readTarget(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const bool isClientsTarget = r->valid_unparsed_uri && !r->internal;
    if (context.isTargetRead && isSameText(context.uri, r->uri) &&
        isSameText(context.args, r->args) && context.isClientsTarget == isClientsTarget) {
        return;
    }
    const Gate& gate = context.gate;
    context.isTargetRead = true;
    context.uri = r->uri;
    context.args = r->args;
    context.isClientsTarget = isClientsTarget;
    context.isParsed = context.negotiated = false;
    context.parsed.reset();
    context.hintsUsed = HintsUsed();
    // A signature counts only while the URI is NGINX's own normalisation of what was signed.
    context.signature =
        isClientsTarget ? verify(readSignature(gate.dialect, view(r->unparsed_uri), gate.prefix),
                                 gate.keys, ngx_time(), gate.maxExpiry)
                        : SignatureVerdict();
}

RequestContext& makeContext(ngx_http_request_t* r, const Gate& gate) {
    auto* context = makeInPool<RequestContext>(r->pool, r, gate);
    context->startedAt = ngx_current_msec;
    context->arrivedAt = nowInMilliseconds();
    context->gateLocations = r->loc_conf;
    context->httpVersion = r->http_version;
    context->errorStatusSeen = r->err_status;
    context->errorPageAtEntry = r->error_page;
    context->rawTarget = r->unparsed_uri;
    context->uri = r->uri;  // an error page of a phase before the gate's may have the image's name
    context->args = r->args;
    context->isClientsTarget = r->valid_unparsed_uri && !r->internal;
    // What was answered before the gate is never the image's answer.
    context->judgedUpstream = r->upstream;
    ngx_http_set_ctx(r, context, ngx_http_private_image_module);
    return *context;
}

// ------------------------------------------------------------------ waiting

void onRequestCleanup(void* data) {
    auto& context = *static_cast<RequestContext*>(data);
    context.isAnswered = true;
    stopWaiting(context);
}

void onDeadline(ngx_event_t* event) {
    auto& context = *static_cast<RequestContext*>(event->data);
    if (context.isAnswered || contextOf(context.r) != &context) {
        return;
    }
    ngx_connection_t* connection = context.r->connection;
    ngx_http_set_log_request(connection->log, context.r);
    if (context.isOriginal) {
        onOriginalDeadline(context);
    } else {
        onDerivativeDeadline(context);
    }
    ngx_http_run_posted_requests(connection);
}

// What still arrives of the client's body is not read.
void ignorePendingBody(ngx_http_request_t* r) {
    r->discard_body = 0;
    r->reading_body = 0;
    r->read_event_handler = ngx_http_block_reading;
#if (NGX_HTTP_V2)
    if (r->stream != nullptr) {
        r->stream->skip_data = 1;
        return;
    }
#endif
    r->keepalive = 0;
    r->lingering_close = 1;
}

// ------------------------------------------------------------------ judging at the gate

// What is remembered of the image, or said by private_image_mark, may be enough. Where a default
// image stands in for what is missing, or has to look so, the derivative's handler goes on.
std::optional<ngx_int_t> refuseByMemory(RequestContext& context) {
    const Source& original = context.sources.front();
    const bool usesDefaultImage = context.parsed->requestKind != RequestKind::original &&
                                  !context.parsed->transform.defaultImage.empty();
    const auto [mark, decision] =
        judgeKnown(accessOf(context), judgedImage(context, original), nowInMilliseconds());
    context.mark = mark;
    if (mark != Mark::unknown && !decision.allowed &&
        !(usesDefaultImage && looksMissing(context.gate, decision.reason))) {
        return refuse(context, decision.reason, "");
    }
    if (original.remembered.isMissing && !usesDefaultImage) {
        return refuse(context, Reason::notFound, "the origin has just said so");
    }
    return std::nullopt;
}

// What can be refused before the origin is asked.
std::optional<ngx_int_t> refuseEarly(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const Gate& gate = context.gate;
    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return refuse(context, Reason::method, std::string(view(r->method_name).substr(0, 32)));
    }
    if (const auto decision = refuseBeforeUrl(context.signature, gate.policy)) {
        return refuse(context, decision->reason, "");
    }
    if (!parsedUrl(context)) {
        return refuse(context, context.parseError.reason, context.parseError.detail);
    }
    const RequestKind requestKind = context.parsed->requestKind;
    if (const auto decision = refuseBeforeMark(requestKind, context.signature, gate.policy)) {
        return refuse(context, decision->reason, "");
    }
    if (context.redirectHeadersLost) {
        return refuse(context, Reason::originError,
                      "proxy_cache kept an error without its headers");
    }
    Result<Source, const char*> original = makeSource(context, context.parsed->path);
    if (!original) {
        return refuse(context, Reason::internal, original.error());
    }
    context.sources.push_back(std::move(*original));
    return refuseByMemory(context);
}

// A subrequest that the gate did not make (SSI, mirror, auth_request) has no signature of its own.
// NGINX's own page answers, as no gate could judge an error_page.
ngx_int_t refuseSubrequest(ngx_http_request_t* r, const Gate& gate) {
    r->error_page = 1;
    logReason(r, Reason::unsignedUrl, "a subrequest from elsewhere");
    return gate.deniedStatus != 0 ? gate.deniedStatus : statusOf(Reason::unsignedUrl, gate.dialect);
}

bool isFetch(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    return context != nullptr && fetchOf(*context, r) != nullptr;
}

// A gate that an internal redirect left for this one waits no more. What led here keeps its mark;
// the mark of an image that was refused is not its error page's, but where that may be the same.
void inheritFromRedirect(RequestContext& context, RequestContext& previous) {
    stopWaiting(previous);
    previous.isAnswered = true;
    context.outer = &previous;
    context.inheritedMark = combine(previous.inheritedMark, previous.pageMark);
    if (previous.isEntered) {
        context.inheritedMark = combine(context.inheritedMark, markForNextGate(previous));
    }
    if (awaitsJudgement(previous)) {
        context.inheritedMark = combine(context.inheritedMark, previous.redirectMark);
        context.redirectHeadersLost = previous.redirectHeadersLost;
        previous.isOriginal = false;
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
    context.inheritedMark = claimed->inheritedMark;
    context.redirectHeadersLost = claimed->redirectHeadersLost;
    context.rawTarget = claimed->rawTarget;
    return context;
}

// NGINX itself would answer 413 before any module knows the location.
bool isBodyTooLarge(ngx_http_request_t* r, const Gate& gate) {
    return !r->internal && gate.maxBodySize != 0 &&
           gate.maxBodySize < r->headers_in.content_length_n;
}

}  // namespace

RequestContext::~RequestContext() = default;

RequestContext* contextOf(ngx_http_request_t* r) {
    ngx_http_request_t* main = r->main;
    if (auto* context = static_cast<RequestContext*>(
            ngx_http_get_module_ctx(main, ngx_http_private_image_module))) {
        return context;
    }
    if (!main->internal && !main->filter_finalize) {
        return nullptr;
    }
    for (ngx_pool_cleanup_t* cleanup = main->pool->cleanup; cleanup; cleanup = cleanup->next) {
        if (cleanup->handler == destroyInPool<RequestContext>) {
            return static_cast<RequestContext*>(cleanup->data);
        }
    }
    return nullptr;
}

Fetch* fetchOf(RequestContext& context, ngx_http_request_t* r) {
    for (; r != r->main; r = r->parent) {
        // An abandoned fetch may outlive the gate that began it.
        for (const RequestContext* gate = &context; gate != nullptr; gate = gate->outer) {
            for (const auto* fetches : {&gate->fetches, &gate->ended}) {
                for (const auto& fetch : *fetches) {
                    if (fetch->request == r) {
                        return fetch.get();
                    }
                }
            }
        }
    }
    return nullptr;
}

const std::optional<ParsedRequest>& parsedUrl(RequestContext& context) {
    if (std::exchange(context.isParsed, true)) {
        return context.parsed;
    }
    ParseResult parsed = parseUrl(context);
    if (parsed) {
        negotiate(context, *parsed);
        context.parsed = std::move(*parsed);
    } else {
        context.parseError = parsed.error();
    }
    return context.parsed;
}

RequestContext* contextForVariables(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context != nullptr && !context->isEntered && !context->isOnErrorPage) {
        readTarget(*context);
    }
    return context;
}

bool isRewritten(ngx_http_request_t* r) {
    const auto* context =
        static_cast<RequestContext*>(ngx_http_get_module_ctx(r, ngx_http_private_image_module));
    return context != nullptr && !context->isEntered;
}

bool awaitsJudgement(const RequestContext& context) {
    return context.isOriginal && !context.isJudged && !context.isRefused;
}

ngx_int_t claimRequest(ngx_http_request_t* r) {
    const Gate* gate = locationConfig(r)->gate;
    if (r != r->main) {
        const bool isForeign = gate != nullptr && !isFetch(r);
        return isForeign ? refuseSubrequest(r, *gate) : ngx_int_t{NGX_DECLINED};
    }
    RequestContext* previous = contextOf(r);
    if (gate == nullptr) {
        if (previous != nullptr && isRewritten(r)) {
            previous->isRewrittenAway = true;
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
    if (locationConfig(r)->purge != nullptr) {
        return enterPurge(r);
    }
    if (locationConfig(r)->sign != nullptr) {
        return enterSign(r);
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
    context.isEntered = true;
    if (const auto status = refuseEarly(context)) {
        return *status;
    }
    return context.parsed->requestKind == RequestKind::original ? deliverOriginal(context)
                                                                : enterWithDerivative(context);
}

void dropBody(ngx_http_request_t* r) {
    // What another phase or location has read already; else proxy_pass would send those bytes.
    const bool wasReadWhole = r->request_body != nullptr && !r->reading_body;
    const bool isExpected = r->headers_in.content_length_n > 0 || r->headers_in.chunked;
    const bool isPending = r->discard_body || r->reading_body || (isExpected && !wasReadWhole);
    r->request_body = nullptr;
    r->request_body_no_buffering = 0;
    // Whoever handles the request from now on, an error page too, sees no body.
    r->headers_in.content_length_n = -1;
    r->headers_in.content_length = nullptr;
    r->headers_in.transfer_encoding = nullptr;
    r->headers_in.chunked = 0;
    if (isPending) {
        ignorePendingBody(r);
    }
}

ngx_int_t startTimer(RequestContext& context) {
    if (context.timer.handler != nullptr) {
        return NGX_OK;
    }
    ngx_http_cleanup_t* cleanup = ngx_http_cleanup_add(context.r, 0);
    if (cleanup == nullptr) {
        return NGX_ERROR;
    }
    cleanup->handler = onRequestCleanup;
    cleanup->data = &context;
    context.timer.handler = onDeadline;
    context.timer.data = &context;
    context.timer.log = context.r->connection->log;
    ngx_add_timer(&context.timer, context.gate.timeout);
    return NGX_OK;
}

std::string timeoutDetail(const Gate& gate) {
    return "private_image_timeout allows " + std::to_string(gate.timeout) + " ms";
}

void stopWaiting(RequestContext& context) {
    if (context.timer.timer_set) {
        ngx_del_timer(&context.timer);
    }
    if (context.waiter.isWaiting()) {
        gauges().requestsWaiting--;
        context.waiter.stop();
    }
    context.flight = Flight();
    for (const auto& fetch : context.fetches) {
        fetch->refresh = Flight();
    }
    if (context.job) {
        abandon(context.job);
    }
    context.place = RenderPlace();
}

RequestKind requestKindOf(const RequestContext& context, const Source& source) {
    const bool isMain = &source == &context.sources.front();
    return isMain && !context.usesDefaultImage ? context.parsed->requestKind
                                               : RequestKind::original;
}

Result<Source, const char*> makeSource(RequestContext& context, std::string_view path) {
    bool failed = false;
    Source source;
    source.path = path;
    source.gateMark = evaluateMarkOfGate(context, path, failed);
    if (failed) {
        return Error{"private_image_mark could not be evaluated"};
    }
    if (context.sources.empty()) {
        source.gateMark = combine(source.gateMark, context.inheritedMark);
    }
    if (originUri(context, path, &source.uri) != NGX_OK) {
        return Error{"private_image_origin gives no URI that begins with a slash"};
    }
    if (context.identity.data == nullptr &&
        ngx_http_complex_value(context.r, context.gate.identity, &context.identity) != NGX_OK) {
        return Error{"private_image_identity could not be evaluated"};
    }
    source.image = imageKey(view(context.identity), view(source.uri));
    source.remembered =
        readImageState(source.image, nowInMilliseconds(), context.r->connection->log);
    return source;
}

const RequestContext* refusalOf(const RequestContext& context) {
    const RequestContext* gate = &context;
    while (gate != nullptr && !gate->isRefused) {
        gate = gate->outer;
    }
    return gate;
}

ngx_int_t refuse(RequestContext& context, Reason reason, const std::string& detail) {
    const Gate& gate = context.gate;
    context.reason = reason;
    context.isRefused = true;
    context.judgedUpstream = context.r->upstream;
    context.status = statusOf(reason, gate.dialect);
    if (isDenial(reason) && gate.deniedStatus != 0) {
        context.status = gate.deniedStatus;
    }
    if (reason == Reason::originError && context.originStatus == NGX_HTTP_SERVICE_UNAVAILABLE) {
        context.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }
    context.r->disable_not_modified = 1;  // a client's conditions are not about an error page
    logReason(context.r, reason, detail);
    return context.status;
}

}  // namespace private_image
