#include "nginx/derivative/derivative.hpp"

#include "base/encoding.hpp"
#include "nginx/derivative/cached_entry.hpp"
#include "nginx/derivative/origin_fetch.hpp"
#include "nginx/derivative/steps.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/request/response_headers.hpp"

namespace private_image {
namespace {

using Stage = RequestContext::Stage;

// How often, in milliseconds, a request whose time is over is tried again that NGINX holds back.
constexpr ngx_msec_t retryInterval = 100;

// ------------------------------------------------------------------ the entry found

void sendEntry(RequestContext& context, Decision decision, ngx_uint_t status) {
    context.access.reason = decision.reason;
    context.facts.cacheStatus = status;
    context.isFromCache = true;
    context.facts.sourceType = context.record->sourceType;
    context.facts.sourceSize = context.record->sourceSize;
    context.facts.sourceBytes = context.record->sourceBytes;
    context.flight.end({FlightOutcome::End::done});
    finish(context, sendDerivative(context));
}

// What the origin has confirmed is kept with the entry, for when the memory has forgotten.
void renewEntry(RequestContext& context) {
    EntryRecord& record = *context.record;
    for (std::size_t i = 0; i < context.sources.size(); i++) {
        record.sources[i].originState = *context.sources[i].known;
    }
    context.cache.rewrite(writeRecord(record));
}

// The entry may have come since it was looked for.
bool looksAgain(RequestContext& context) {
    const bool isNew = context.flight && !context.hasLookedAgain && !context.skipsSingleFlight;
    context.hasLookedAgain = true;
    return isNew;
}

void onFound(RequestContext& context, DerivativeCache::Found found) {
    context.isEntryUsable = found == DerivativeCache::Found::entry && joinKnowledge(context);
    if (context.isEntryUsable && isWholeConfirmed(context)) {
        work(context);
        return;
    }
    if (found == DerivativeCache::Found::unavailable) {
        context.skipsSingleFlight = context.isUnkeepable = true;
        context.cache.close();
    }
    // What others did for all came to nothing: no queue forms a second time.
    context.skipsSingleFlight =
        context.skipsSingleFlight || (context.sawLeaderFinish && !context.isEntryUsable);
    context.facts.cacheStatus =
        context.isEntryUsable ? NGX_HTTP_CACHE_EXPIRED : NGX_HTTP_CACHE_MISS;
    if (!leads(context)) {
        return;
    }
    if (looksAgain(context)) {
        lookUp(context);
        return;
    }
    work(context);
}

// ------------------------------------------------------------------ NGINX's handlers

bool isBypassed(const RequestContext& context) {
    return context.gate.cacheBypass != nullptr &&
           ngx_http_test_predicates(context.r, context.gate.cacheBypass) == NGX_DECLINED;
}

// False: refused.
bool addLayers(RequestContext& context) {
    for (const Layer* layer : imageLayers(context.target.parsed->transform)) {
        Result<Source, const char*> source = makeSource(context, layer->path);
        if (!source) {
            answerRefusal(context, Reason::internal, source.error());
            return false;
        }
        context.sources.push_back(std::move(*source));
    }
    return true;
}

// The write handler of a request that is waiting.
void resume(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context == nullptr || context->isAnswered) {
        return;
    }
    const bool hasFetched = !context->fetches.empty() && context->fetches.back()->isFinished;
    guarded(*context, [&] {
        switch (context->stage) {
            case Stage::lookingUp:
                if (!r->aio) {  // else a thread is still reading the entry's head
                    lookUp(*context);
                }
                return;
            case Stage::fetching:
                if (hasFetched) {
                    onFetched(*context);
                }
                return;
            case Stage::refreshing:
                if (hasFetched) {
                    onRefreshed(*context);
                }
                return;
            case Stage::none:
            case Stage::waiting:
            case Stage::rendering:
                return;
        }
    });
}

// onerror=redirect: what may be seen, but cannot be made, is shown as it is. Never for a refusal,
// and never for a fault of our own: what we know of the image may be what is wrong.
bool isShownAsItIs(const RequestContext& context, Reason reason) {
    switch (reason) {
        case Reason::tooLarge:
        case Reason::unsupportedType:
        case Reason::damaged:
        case Reason::outputTooLarge:
        case Reason::timeout:
            break;
        default:
            return false;
    }
    return context.target.parsed->transform.redirectsOnError && !context.fetches.empty() &&
           context.fetches.front()->decision.allowed;
}

ngx_int_t redirectToSource(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    r->headers_out.location =
        addHeader(r, "Location", percentEncodePath(context.target.parsed->path));
    return NGX_HTTP_MOVED_TEMPORARILY;
}

// An original that is missing, or has to look so, is one in whose place there may be another.
void beginUnlessKnown(RequestContext& context) {
    if (isKnownMissing(context)) {
        onMissing(context);
    } else if (isOriginalDenied(context)) {
        onDenied(context, true, judge(context).reason, "");
    } else {
        begin(context);
    }
}

// The content handler of a derivative's request.
ngx_int_t handleDerivative(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    if (context == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    r->main->count++;
    r->write_event_handler = resume;
    guarded(*context, [&] {
        if (!addLayers(*context)) {
            return;
        }
        beginUnlessKnown(*context);
    });
    return NGX_DONE;
}

}  // namespace

// ------------------------------------------------------------------ the order of things

void begin(RequestContext& context) {
    if (context.gate.cache == nullptr) {
        context.skipsSingleFlight = context.isUnkeepable = true;
        startMiss(context);
        return;
    }
    context.cache.use(context.r, context.gate, cacheKey(context));
    if (isBypassed(context)) {
        context.facts.cacheStatus = NGX_HTTP_CACHE_BYPASS;
        context.skipsSingleFlight = true;
        context.isUnkeepable = !context.cache.prepareUnseen();
        startMiss(context);
        return;
    }
    lookUp(context);
}

void lookUp(RequestContext& context) {
    const DerivativeCache::Found found = context.cache.find(context.record);
    if (found == DerivativeCache::Found::later) {
        suspend(context, Stage::lookingUp);
        return;
    }
    onFound(context, found);
}

void work(RequestContext& context) {
    if (!context.isEntryUsable) {
        startMiss(context);
        return;
    }
    const Decision decision = judge(context);
    if (!decision.allowed && hasReliableMarks(context)) {
        onDenied(context, isOriginalDenied(context), decision.reason, "");
        return;
    }
    for (std::size_t i = 0; i < context.sources.size(); i++) {
        if (!isConfirmed(context, context.sources[i])) {
            refresh(context, i);
            return;
        }
    }
    if (context.isRefreshed) {
        renewEntry(context);
    }
    sendEntry(context, decision,
              context.isRefreshed ? NGX_HTTP_CACHE_REVALIDATED : NGX_HTTP_CACHE_HIT);
}

bool sendStale(RequestContext& context,
               bool (*isUsable)(const OriginState&, Milliseconds, std::int64_t),
               ngx_uint_t status) {
    context.isEntryUsable = context.isEntryUsable && joinKnowledge(context);
    if (!context.isEntryUsable) {
        return false;
    }
    const Milliseconds now = nowInMilliseconds();
    for (const Source& source : context.sources) {
        if (!isFresh(*source.known, now) &&
            !isUsable(*source.known, now, context.gate.lifetime.useStale)) {
            return false;
        }
    }
    const Decision decision = judge(context);
    if (decision.allowed) {
        sendEntry(context, decision, status);
    }
    return decision.allowed;
}

// ------------------------------------------------------------------ from and to the request

ngx_int_t enterWithDerivative(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.originHandler = r->content_handler;
    context.nextPhase = r->phase_handler + 1;
    r->content_handler = handleDerivative;
    return NGX_OK;  // on to the content phase: try_files and mirror are for the origin's request
}

bool takePlace(RequestContext& context) {
    if (!context.place) {
        const bool isUnsigned = context.access.signature.signature != Signature::valid;
        context.place =
            RenderPlace::take(*context.gate.queue, isUnsigned, context.r->connection->log);
    }
    return static_cast<bool>(context.place);
}

bool suspend(RequestContext& context, Stage stage) {
    context.stage = stage;
    if (startTimer(context) != NGX_OK) {
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return false;
    }
    context.r->read_event_handler = ngx_http_test_reading;
    return true;
}

void finish(RequestContext& context, ngx_int_t rc) {
    context.isAnswered = true;
    stopWaiting(context);
    ngx_http_finalize_request(context.r, rc);
}

void answerRefusal(RequestContext& context, Reason reason, const std::string& detail) {
    if (!context.isAnswered) {
        ngx_int_t status = refuse(context, reason, detail);
        context.flight.end(failureOutcome(context, reason));
        if (isShownAsItIs(context, reason)) {
            status = redirectToSource(context);
        }
        finish(context, status);
    }
}

void onDerivativeDeadline(RequestContext& context) {
    if (context.stage == Stage::lookingUp && context.r->main->blocked != 0) {
        ngx_add_timer(&context.timer, retryInterval);  // a thread reads the entry's head
        return;
    }
    guarded(context, [&] {
        for (const auto& fetch : context.fetches) {
            abandonFetch(context, *fetch);
        }
        const bool isOriginSilent =
            context.stage == Stage::fetching || context.stage == Stage::refreshing;
        // Others who wait may have more time.
        context.flight.end({});
        if (isOriginSilent && sendStale(context, isUsableOnError, NGX_HTTP_CACHE_STALE)) {
            return;
        }
        answerRefusal(context, Reason::timeout, timeoutDetail(context.gate));
    });
}

}  // namespace private_image
