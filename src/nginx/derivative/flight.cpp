// Others who ask for the same: who works, who waits, and what those who waited make of the end.
#include <algorithm>

#include "nginx/derivative/cached_entry.hpp"
#include "nginx/derivative/steps.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {
namespace {

// True for what is found out before the mark is read; it is nobody's secret.
bool precedesMark(Reason reason) {
    return reason == Reason::originError || reason == Reason::originTimeout ||
           reason == Reason::notFound || reason == Reason::originRefused;
}

// What would end in the same way whoever tried it.
bool isShared(Reason reason) {
    switch (reason) {
        case Reason::notFound:
        case Reason::originRefused:
        case Reason::originError:
        case Reason::originTimeout:
        case Reason::tooLarge:
        case Reason::unsupportedType:
        case Reason::damaged:
        case Reason::outputTooLarge:
        case Reason::badOptions:
        case Reason::timeout:
            return true;
        default:
            return false;
    }
}

// The mark of all sources that were read, as the origin said it; the strictest.
void noteMarks(const RequestContext& context, FlightOutcome& outcome) {
    for (const auto& fetch : context.fetches) {
        if (fetch->originState.observedAt != 0) {
            outcome.wasRead = true;
            outcome.mark = combine(outcome.mark, fetch->originState.mark);
        }
    }
}

// While this request waited, others may have learned what settles it.
bool isSettledByMemory(RequestContext& context) {
    for (Source& source : context.sources) {
        source.known.reset();
        source.remembered =
            readImageState(source.image, nowInMilliseconds(), context.r->connection->log);
    }
    if (isKnownMissing(context)) {
        onMissing(context);
        return true;
    }
    const auto [mark, decision] = judgeSource(context, context.sources.front());
    const bool isRefused = mark != Mark::unknown && !decision.allowed;
    if (isRefused) {
        context.mark = mark;
        onDenied(context, true, decision.reason, "");
    }
    return isRefused;
}

// By what the other has just read; where the memory had no room for it, by the strictest of that.
Decision judgeByOutcome(RequestContext& context, const FlightOutcome& outcome) {
    const RequestAccess access = accessOf(context);
    for (Source& source : context.sources) {
        const Milliseconds now = nowInMilliseconds();
        source.known.reset();
        source.remembered = readImageState(source.image, now, context.r->connection->log);
        const JudgedImage image = judgedImage(context, source);
        const Decision decision =
            (outcome.wasRead ? judgeKnownOrObserved(access, image, outcome.mark, now)
                             : judgeKnown(access, image, now))
                .decision;
        if (!decision.allowed) {
            return decision;
        }
    }
    return {true, Reason::publicImage};
}

// Another's failure is ours, once we were judged by the mark that it was told.
void shareFailure(RequestContext& context, const FlightOutcome& outcome) {
    context.originStatus = outcome.originStatus;
    context.flight.end(outcome);  // whoever waits for this request in turn is told the same
    if (outcome.reason == Reason::notFound && isSettledByMemory(context)) {
        return;
    }
    if (isOriginsFailure(outcome.reason, outcome.originStatus) &&
        sendStale(context, isUsableOnError, NGX_HTTP_CACHE_STALE)) {
        return;
    }
    if (!precedesMark(outcome.reason)) {
        const Decision decision = judgeByOutcome(context, outcome);
        if (!decision.allowed) {
            onDenied(context, isOriginalDenied(context), decision.reason, "");
            return;
        }
    }
    answerRefusal(context, outcome.reason, "another request for the same has found that out");
}

void onFlightEnd(void* data, const FlightOutcome& outcome) {
    auto& context = *static_cast<RequestContext*>(data);
    gauges().requestsWaiting--;
    onEventLoop(context, [&] {
        switch (outcome.end) {
            case FlightOutcome::End::failed:
                shareFailure(context, outcome);
                return;
            case FlightOutcome::End::notStored:
                context.skipsSingleFlight = true;
                break;
            case FlightOutcome::End::done:
                context.sawLeaderFinish = true;
                break;
            case FlightOutcome::End::abandoned:
                break;
        }
        if (!isSettledByMemory(context)) {
            lookUp(context);
        }
    });
}

}  // namespace

FlightOutcome failureOutcome(const RequestContext& context, Reason reason) {
    FlightOutcome outcome;
    if (isShared(reason)) {
        outcome.end = FlightOutcome::End::failed;
        outcome.reason = reason;
        outcome.originStatus = static_cast<std::uint16_t>(context.originStatus);
        noteMarks(context, outcome);
    }
    return outcome;
}

bool isOriginsFailure(Reason reason, ngx_uint_t status) {
    const bool isFailure = reason == Reason::originError || reason == Reason::originTimeout;
    return isFailure &&
           (status < NGX_HTTP_SPECIAL_RESPONSE || status >= NGX_HTTP_INTERNAL_SERVER_ERROR);
}

bool isKnownMissing(const RequestContext& context) {
    return std::any_of(context.sources.begin(), context.sources.end(),
                       [](const Source& source) { return source.remembered.isMissing; });
}

bool leads(RequestContext& context) {
    if (context.skipsSingleFlight || context.flight) {
        return true;
    }
    FlightRole role = join(context.cache.flightKey(), context.r->connection->log);
    if (role.follows != 0) {
        if (!sendStale(context, isUsableWhileRefreshing, NGX_HTTP_CACHE_UPDATING)) {
            waitForOther(context, role.follows);
        }
        return false;
    }
    context.flight = std::move(role.leads);
    return true;
}

void waitForOther(RequestContext& context, std::uint64_t flight) {
    if (suspend(context, RequestContext::Stage::waiting)) {
        gauges().requestsWaiting++;
        context.waiter.wait(flight, onFlightEnd, &context, context.r->connection->log);
    }
}

}  // namespace private_image
