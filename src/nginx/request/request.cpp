#include "nginx/request/request.hpp"

#include <algorithm>

#include "dialect/dialect.hpp"
#include "nginx/host/log.hpp"
#include "nginx/request/content_negotiation.hpp"
#include "nginx/request/image_mark.hpp"
#include "nginx/request/request_rewriting.hpp"
#include "nginx/request/response_headers.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ reading the request

// The names of uploads in progress begin with a dot.
bool namesHiddenFile(const ParsedRequest& request) {
    const auto isHidden = [](const Layer* layer) { return hasHiddenSegment(layer->path); };
    return hasHiddenSegment(request.path) || hasHiddenSegment(request.transform.defaultImage) ||
           std::ranges::any_of(imageLayers(request.transform), isHidden);
}

ParseResult parseUrl(const RequestContext& context) {
    if (context.target.isAsSent) {
        if (const std::string_view error = rawTargetError(view(context.target.raw));
            !error.empty()) {
            return Error{ParseError{Reason::badUrl, std::string(error)}};
        }
    }
    const Gate& gate = context.gate;
    const std::string_view uri = view(context.target.uri);
    if (!uri.starts_with(gate.prefix)) {
        return Error{ParseError{Reason::badUrl, "it does not begin with private_image_prefix"}};
    }
    const std::string_view sentPath = context.target.isAsSent
                                          ? sentPathBelow(gate.prefix, view(context.target.raw))
                                          : std::string_view();
    ParseResult parsed =
        parseRequest(gate.dialect,
                     {uri.substr(gate.prefix.size()), view(context.target.args),
                      gate.hasOptionsFirst, view(context.r->headers_in.server), sentPath},
                     gate.variants);
    if (parsed && gate.isFilledByDoor && namesHiddenFile(*parsed)) {
        return Error{ParseError{Reason::badUrl, "a segment of a path begins with a dot"}};
    }
    return parsed;
}

bool isSameText(const ngx_str_t& a, const ngx_str_t& b) {
    return a.data == b.data && a.len == b.len;
}

// ------------------------------------------------------------------ waiting

void onRequestCleanup(void* data) {
    auto& context = *static_cast<RequestContext*>(data);
    if (context.delivery) {
        context.delivery->leave();
    }
    stopWaiting(context);
}

void onDeadline(ngx_event_t* event) {
    auto& context = *static_cast<RequestContext*>(event->data);
    if (!context.delivery || contextOf(context.r) != &context) {
        return;
    }
    ngx_connection_t* connection = context.r->connection;
    ngx_http_set_log_request(connection->log, context.r);
    context.delivery->onDeadline();
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

}  // namespace

void readTarget(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const bool isClientsTarget = r->valid_unparsed_uri && !r->internal;
    if (context.target.isRead && isSameText(context.target.uri, r->uri) &&
        isSameText(context.target.args, r->args) && context.target.isAsSent == isClientsTarget) {
        return;
    }
    const Gate& gate = context.gate;
    context.target.isRead = true;
    context.target.uri = r->uri;
    context.target.args = r->args;
    context.target.isAsSent = isClientsTarget;
    context.target.isParsed = context.target.isNegotiated = false;
    context.target.parsed.reset();
    context.target.hintsUsed = HintsUsed();
    // A signature counts only while the URI is NGINX's own normalisation of what was signed.
    context.access.signature =
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
    context->errorPage.statusSeen = r->err_status;
    context->errorPage.wasSetAtEntry = r->error_page;
    context->target.raw = r->unparsed_uri;
    context->target.uri =
        r->uri;  // an error page of a phase before the gate's may have the image's name
    context->target.args = r->args;
    context->target.isAsSent = r->valid_unparsed_uri && !r->internal;
    // What was answered before the gate is never the image's answer.
    context->answer.judgedUpstream = r->upstream;
    ngx_http_set_ctx(r, context, ngx_http_private_image_module);
    return *context;
}

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

ImageSubrequest* imageSubrequestOf(const RequestContext& context, const ngx_http_request_t* r) {
    for (; r != r->main; r = r->parent) {
        // An abandoned fetch may outlive the gate that began it.
        for (const RequestContext* gate = &context; gate != nullptr; gate = gate->outer) {
            if (ImageSubrequest* found =
                    gate->delivery ? gate->delivery->subrequestOf(r) : nullptr) {
                return found;
            }
        }
    }
    return nullptr;
}

const std::optional<ParsedRequest>& parsedUrl(RequestContext& context) {
    if (std::exchange(context.target.isParsed, true)) {
        return context.target.parsed;
    }
    ParseResult parsed = parseUrl(context);
    if (parsed) {
        negotiate(context, *parsed);
        context.target.parsed = std::move(*parsed);
    } else {
        context.target.parseError = parsed.error();
    }
    return context.target.parsed;
}

RequestContext* contextForVariables(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context != nullptr && !context->isEntered() && !context->errorPage.hasLedOn) {
        readTarget(*context);
    }
    return context;
}

bool isRewritten(ngx_http_request_t* r) {
    const auto* context =
        static_cast<RequestContext*>(ngx_http_get_module_ctx(r, ngx_http_private_image_module));
    return context != nullptr && !context->isEntered();
}

void dropBody(ngx_http_request_t* r) {
    // What another phase or location has read already; else proxy_pass would send those bytes.
    const bool wasReadWhole = r->request_body != nullptr && !r->reading_body;
    const bool isExpected = r->headers_in.content_length_n > 0 || r->headers_in.chunked;
    const bool isPending = r->discard_body || r->reading_body || (isExpected && !wasReadWhole);
    r->request_body = nullptr;
    r->request_body_no_buffering = 0;
    // The handlers that follow, those of error pages included, see no body.
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
    if (context.delivery) {
        context.delivery->release();
    }
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
        source.requestKind = context.target.parsed->requestKind;
        source.gateMark = combine(source.gateMark, context.access.inherited.mark);
    }
    if (originUri(context, path, &source.uri) != NGX_OK) {
        return Error{"private_image_origin gives no URI that begins with a slash"};
    }
    if (context.target.identity.data == nullptr &&
        ngx_http_complex_value(context.r, context.gate.identity, &context.target.identity) !=
            NGX_OK) {
        return Error{"private_image_identity could not be evaluated"};
    }
    source.image = imageKey(view(context.target.identity), view(source.uri));
    source.remembered =
        readImageState(source.image, nowInMilliseconds(), context.r->connection->log);
    return source;
}

const RequestContext* refusalOf(const RequestContext& context) {
    const RequestContext* gate = &context;
    while (gate != nullptr && !gate->access.isRefused) {
        gate = gate->outer;
    }
    return gate;
}

ngx_int_t refuse(RequestContext& context, Reason reason, const std::string& detail) {
    const Gate& gate = context.gate;
    context.access.reason = reason;
    context.access.isRefused = true;
    logDebug(context.r->connection->log, "refused", reasonWord(reason));
    context.answer.judgedUpstream = context.r->upstream;
    context.access.status = statusOf(reason, gate.dialect);
    if (isDenial(reason) && gate.deniedStatus != 0) {
        context.access.status = gate.deniedStatus;
    }
    if (reason == Reason::originError &&
        context.facts.originStatus == NGX_HTTP_SERVICE_UNAVAILABLE) {
        context.access.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }
    context.r->disable_not_modified = 1;  // a client's conditions are not about an error page
    logReason(context.r, reason, detail);
    return context.access.status;
}

}  // namespace private_image
