#include "nginx/request.hpp"

#include "dialect/cloudflare.hpp"
#include "dialect/imagekit.hpp"
#include "nginx/image_view.hpp"
#include "nginx/log.hpp"
#include "nginx/origin_fetch.hpp"
#include "nginx/origin_mark.hpp"
#include "nginx/original.hpp"
#include "nginx/response.hpp"
#include "transform/negotiation.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ reading the request

SignatureClaim readSignature(const Gate& gate, std::string_view target) {
    return gate.dialect == Dialect::cloudflare ? cloudflare::readSignature(target, gate.prefix)
                                               : imagekit::readSignature(target, gate.prefix);
}

ParseResult parse(const Gate& gate, const UrlParts& url) {
    return gate.dialect == Dialect::cloudflare ? cloudflare::parseRequest(url, gate.variants)
                                               : imagekit::parseRequest(url, gate.variants);
}

ParseResult parseUrl(const Gate& gate, ngx_http_request_t* r, bool isClientsTarget) {
    if (isClientsTarget) {
        if (const std::string_view wrong = rawTargetMistake(view(r->unparsed_uri));
            !wrong.empty()) {
            return Failed{ParseError{Reason::badUrl, std::string(wrong)}};
        }
    }
    const std::string_view uri = view(r->uri);
    if (!uri.starts_with(gate.prefix)) {
        return Failed{ParseError{Reason::badUrl, "it does not begin with private_image_prefix"}};
    }
    return parse(gate, {uri.substr(gate.prefix.size()), view(r->args)});
}

RequestContext& makeContext(ngx_http_request_t* r, const Gate& gate) {
    auto* context = makeInPool<RequestContext>(r->pool, r, gate);
    context->startedAt = ngx_current_msec;
    context->gateLocations = r->loc_conf;
    context->httpVersion = r->http_version;
    context->errorStatusAtEntry = r->err_status;
    context->rawTarget = r->unparsed_uri;
    // A signature counts only while the URI is NGINX's own normalisation of what was signed.
    const bool isClientsTarget = r->valid_unparsed_uri && !r->internal;
    if (isClientsTarget) {
        context->signature = verify(readSignature(gate, view(r->unparsed_uri)), gate.keys,
                                    ngx_time(), gate.longestExpiry);
    }
    ParseResult parsed = parseUrl(gate, r, isClientsTarget);
    if (parsed) {
        const auto choice = parsed->transform.formatChoice;
        context->negotiated = parsed->asked != Asked::original &&
                              (choice == Transform::FormatChoice::automatic ||
                               (choice == Transform::FormatChoice::unnamed && gate.negotiates));
        context->parsed = std::move(*parsed);
    } else {
        context->parseError = parsed.error();
    }
    ngx_http_set_ctx(r, context, ngx_http_private_image_module);
    return *context;
}

// ------------------------------------------------------------------ derivative: waiting

void onRequestCleanup(void* data) {
    auto& context = *static_cast<RequestContext*>(data);
    context.isAnswered = true;
    stopWaiting(context);
}

// Runs `step` on the event loop outside of NGINX's own request processing.
template <typename Step>
void onEventLoop(RequestContext& context, Step step) {
    ngx_connection_t* connection = context.r->connection;
    ngx_http_set_log_request(connection->log, context.r);
    step();
    ngx_http_run_posted_requests(connection);
}

std::string timeoutDetail(const RequestContext& context) {
    return "private_image_timeout allows " + std::to_string(context.gate.timeout) + " ms";
}

// How often, in milliseconds, an original whose time is over is tried again that NGINX holds back.
constexpr ngx_msec_t retryInterval = 100;

// Ends the upstream request of an original that has not answered, once no thread is at work for it
// and it does not wait for a lock of proxy_cache.
void endOriginal(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    ngx_http_upstream_t* upstream = r->upstream;
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
    ngx_http_finalize_request(r, refuse(context, Reason::timeout, timeoutDetail(context)));
}

void onDeadline(ngx_event_t* event) {
    auto& context = *static_cast<RequestContext*>(event->data);
    if (context.isAnswered || contextOf(context.r) != &context) {
        return;
    }
    onEventLoop(context, [&] {
        if (context.isOriginal) {
            endOriginal(context);
        } else {
            for (const auto& fetch : context.fetches) {
                abandonFetch(context, *fetch);
            }
            answerRefusal(context, Reason::timeout, timeoutDetail(context));
        }
    });
}

void finish(RequestContext& context, ngx_int_t rc) {
    context.isAnswered = true;
    stopWaiting(context);
    ngx_http_finalize_request(context.r, rc);
}

// ------------------------------------------------------------------ derivative: rendering

std::pair<Reason, const char*> reasonOf(RenderProblem problem) {
    switch (problem) {
        case RenderProblem::unsupportedType:
            return {Reason::unsupportedType, ""};
        case RenderProblem::tooLarge:
            return {Reason::tooLarge, ""};
        case RenderProblem::damaged:
            return {Reason::damaged, ""};
        case RenderProblem::badOptions:
            return {Reason::badOptions, ""};
        case RenderProblem::outputTooLarge:
            return {Reason::outputTooLarge, ""};
        case RenderProblem::timeout:
            return {Reason::timeout, "private_image_render_timeout has passed"};
        case RenderProblem::cancelled:
        case RenderProblem::internal:
            return {Reason::internal, ""};
    }
    return {Reason::internal, ""};
}

void onRendered(RequestContext& context, RenderJob& job) {
    context.sourceType = job.outcome.sourceType;
    context.sourceSize = job.outcome.sourceSize;
    if (!job.outcome.rendered) {
        const auto [reason, words] = reasonOf(job.outcome.problem);
        answerRefusal(context, reason, words + job.outcome.detail);
        return;
    }
    context.rendered = std::move(job.outcome.rendered);
    finish(context, sendDerivative(context));
}

void onJobEnd(RequestContext& context, RenderJob& job, JobEnd end) {
    switch (end) {
        case JobEnd::rendered:
            onRendered(context, job);
            return;
        case JobEnd::expired:
            answerRefusal(context, Reason::timeout, "private_image_render_timeout has passed");
            return;
        case JobEnd::notStarted:
            answerRefusal(context, Reason::busy, "the thread pool's queue is full");
            return;
    }
}

std::string acceptHeader(ngx_http_request_t* r) {
    std::string accept;
    forEach<ngx_table_elt_t>(r->headers_in.headers, [&](ngx_table_elt_t& header) {
        if (header.key.len == 6 && ngx_strncasecmp(header.key.data, (u_char*)"Accept", 6) == 0) {
            accept += (accept.empty() ? "" : ",") + std::string(view(header.value));
        }
        return true;
    });
    return accept;
}

void startRender(RequestContext& context) {
    auto job = std::make_shared<RenderJob>();
    for (const auto& fetch : context.fetches) {
        job->sources.push_back(std::move(fetch->body));
    }
    job->transform = context.parsed->transform;
    job->input.source = job->sources.front().bytes();
    for (std::size_t i = 1; i < job->sources.size(); i++) {
        job->input.layers.push_back(job->sources[i].bytes());
    }
    job->input.transform = &job->transform;
    job->input.settings = &context.gate.render;
    if (context.negotiated) {
        job->input.negotiated = acceptedFormats(acceptHeader(context.r), context.gate.autoFormats);
    }
    job->digestsSources = lacksRevision(context);
    job->finished = [&context](RenderJob& done, JobEnd end) {
        onEventLoop(context, [&] {
            try {
                onJobEnd(context, done, end);
            } catch (const std::exception&) {
                logException(context.r->connection->log, "answering");
                finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
            }
        });
    };
    context.job = job;
    if (!submit(job, std::move(context.place), context.gate)) {
        answerRefusal(context, Reason::busy, "the thread pool's queue is full");
    }
}

// ------------------------------------------------------------------ derivative: fetching

void fetchNext(RequestContext& context, std::string path) {
    Fetch& fetch = *context.fetches.emplace_back(std::make_unique<Fetch>());
    fetch.path = std::move(path);
    const ngx_int_t rc = startFetch(context, fetch);
    if (rc == NGX_DECLINED) {
        const bool isSource = context.fetches.size() == 1 && !context.missing;
        answerRefusal(context, isSource ? Reason::badUrl : Reason::badOptions,
                      "it is not a path of this location");
    } else if (rc != NGX_OK) {
        answerRefusal(context, Reason::internal, "the origin's subrequest could not be made");
    }
}

std::vector<const Layer*> layersOf(const Transform& transform) {
    std::vector<const Layer*> layers;
    for (const Step& step : transform.steps) {
        for (const Layer& layer : step.layers) {
            layers.push_back(&layer);
        }
    }
    return layers;
}

Reason strongestReason(const RequestContext& context) {
    for (const auto& fetch : context.fetches) {
        if (fetch->decision.reason == Reason::signedUrl) {
            return Reason::signedUrl;
        }
    }
    return context.fetches.front()->decision.reason;
}

void onFetched(RequestContext& context) {
    Fetch& fetch = *context.fetches.back();
    const bool isSource = context.fetches.size() == 1;
    context.originStatus = fetch.status;
    context.originTime += fetch.finishedAt - fetch.startedAt;
    context.sourceBytes += fetch.body.size();
    const std::string& standIn = context.parsed->transform.defaultImage;
    if (fetch.refusal == Reason::notFound && isSource && !context.missing && !standIn.empty()) {
        context.missing = std::move(context.fetches.front());
        context.fetches.clear();
        fetchNext(context, standIn);
        return;
    }
    if (fetch.refusal) {
        answerRefusal(context, *fetch.refusal, fetch.detail);
        return;
    }
    if (context.sourceBytes > static_cast<std::size_t>(context.gate.maxSourceSize)) {
        answerRefusal(context, Reason::tooLarge,
                      "all sources together exceed private_image_max_source_size");
        return;
    }
    const auto layers = layersOf(context.parsed->transform);
    if (context.fetches.size() <= layers.size()) {
        fetchNext(context, layers[context.fetches.size() - 1]->path);
        return;
    }
    context.reason = strongestReason(context);
    startRender(context);
}

void resume(ngx_http_request_t* r) {
    if (RequestContext* context = contextOf(r)) {
        proceed(*context);
    }
}

ngx_int_t startDerivative(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    if (startTimer(context) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    r->main->count++;
    r->write_event_handler = resume;
    r->read_event_handler = ngx_http_test_reading;
    try {
        fetchNext(context, context.parsed->path);
    } catch (const std::exception&) {
        logException(r->connection->log, "fetching");
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
    return NGX_DONE;
}

// The content handler of a derivative's request.
ngx_int_t handleDerivative(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return startDerivative(*context);
}

// ------------------------------------------------------------------ judging at the gate

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
    if (!context.parsed) {
        return refuse(context, context.parseError.reason, context.parseError.detail);
    }
    const Asked asked = context.parsed->asked;
    if (const auto decision = refuseBeforeMark(asked, context.signature, gate.policy)) {
        return refuse(context, decision->reason, "");
    }
    bool failed = false;
    const Mark mark = evaluateMarkOfGate(context, context.parsed->path, failed);
    if (failed) {
        return refuse(context, Reason::internal, "private_image_mark could not be evaluated");
    }
    if (mark == Mark::privateImage) {
        context.mark = mark;
        const Decision decision = decide(asked, mark, context.signature, gate.policy);
        if (!decision.allowed) {
            return refuse(context, decision.reason, "");
        }
    }
    return std::nullopt;
}

ngx_int_t enterWithDerivative(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    const bool isUnsignedAdhoc =
        context.parsed->asked == Asked::adhoc && context.signature.signature != Signature::valid;
    context.place = RenderPlace::take(*context.gate.queue, isUnsignedAdhoc);
    if (!context.place) {
        return refuse(context, Reason::busy, "private_image_renders allows no more to wait");
    }
    context.originHandler = r->content_handler;
    context.nextPhase = r->phase_handler + 1;
    r->content_handler = handleDerivative;
    return NGX_OK;  // on to the content phase: try_files and mirror are for the origin's request
}

// A subrequest of somebody else's (SSI, mirror, auth_request) has no signature of its own.
ngx_int_t refuseSubrequest(ngx_http_request_t* r, const Gate& gate) {
    logReason(r, Reason::unsignedUrl, "a subrequest from elsewhere");
    return gate.deniedStatus != 0 ? gate.deniedStatus : statusOf(Reason::unsignedUrl, gate.dialect);
}

// A gate that an internal redirect left for this one waits no more. What led here keeps its mark;
// the mark of an image that was refused is not its error page's.
void inheritFromRedirect(RequestContext& context, RequestContext* previous) {
    if (previous == nullptr) {
        return;
    }
    stopWaiting(*previous);
    previous->isAnswered = true;
    context.outer = previous;
    context.markOnTheWay = previous->pageMark;
    const bool wasPending = previous->isOriginal && !previous->isJudged && !previous->isRefused;
    if (wasPending) {
        context.markOnTheWay = combine(context.markOnTheWay, previous->markOnTheWay);
        context.isWayUnreadable = previous->isWayUnreadable;
        previous->isOriginal = false;
    } else {
        context.judgedUpstream = context.r->upstream;
    }
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
            for (const auto& fetch : gate->fetches) {
                if (fetch->request == r) {
                    return fetch.get();
                }
            }
            if (gate->missing && gate->missing->request == r) {
                return gate->missing.get();
            }
        }
    }
    return nullptr;
}

RequestContext* contextForVariables(ngx_http_request_t* r) {
    if (RequestContext* context = contextOf(r)) {
        return context;
    }
    const Gate* gate = locationConfig(r->main)->gate;
    return gate == nullptr ? nullptr : &makeContext(r->main, *gate);
}

ngx_int_t enterGate(ngx_http_request_t* r) {
    const Gate* gate = locationConfig(r)->gate;
    if (gate == nullptr) {
        return NGX_DECLINED;
    }
    RequestContext* previous = contextOf(r);
    if (previous != nullptr && fetchOf(*previous, r) != nullptr) {
        return NGX_DECLINED;
    }
    if (r != r->main) {
        return refuseSubrequest(r, *gate);
    }
    dropBody(r);
    RequestContext& context = makeContext(r, *gate);
    inheritFromRedirect(context, previous);
    if (const auto status = refuseEarly(context)) {
        return *status;
    }
    return context.parsed->asked == Asked::original ? deliverOriginal(context)
                                                    : enterWithDerivative(context);
}

void dropBody(ngx_http_request_t* r) {
    if (r->discard_body) {
        r->discard_body = 0;
        r->read_event_handler = ngx_http_block_reading;
    } else if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return;
    }
    bool isStream = false;
#if (NGX_HTTP_V2)
    isStream = r->stream != nullptr;
#endif
    if (isStream) {
        ngx_http_discard_request_body(r);
    } else {
        r->keepalive = 0;
        r->lingering_close = 1;
    }
    // Whoever handles the request from now on, an error page too, knows of no body.
    r->headers_in.content_length_n = -1;
    r->headers_in.content_length = nullptr;
    r->headers_in.transfer_encoding = nullptr;
    r->headers_in.chunked = 0;
}

ngx_int_t startTimer(RequestContext& context) {
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

void stopWaiting(RequestContext& context) {
    if (context.timer.timer_set) {
        ngx_del_timer(&context.timer);
    }
    if (context.job) {
        abandon(context.job);
    }
    context.place = RenderPlace();
}

const RequestContext* refusalOf(const RequestContext& context) {
    const RequestContext* gate = &context;
    while (gate != nullptr && !gate->isRefused) {
        gate = gate->outer;
    }
    return gate;
}

void proceed(RequestContext& context) {
    if (context.isAnswered || context.job || context.fetches.empty() ||
        !context.fetches.back()->isFinished) {
        return;
    }
    try {
        onFetched(context);
    } catch (const std::exception&) {
        logException(context.r->connection->log, "fetching");
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
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
    logReason(context.r, reason, detail);
    return context.status;
}

void answerRefusal(RequestContext& context, Reason reason, const std::string& detail) {
    if (!context.isAnswered) {
        finish(context, refuse(context, reason, detail));
    }
}

}  // namespace private_image
