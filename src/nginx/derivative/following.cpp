// Several requests for the same derivative: one leads, the others follow.
#include "image_state/entry_knowledge.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {

bool Derivative::leads() {
    if (sharing_ == Sharing::skips || flight_) {
        return true;
    }
    FlightRole role = join(cache_.flightKey(), log());
    if (role.follows != 0) {
        if (!sendStale(isUsableWhileRefreshing, NGX_HTTP_CACHE_UPDATING)) {
            waitFor(role.follows);
        }
        return false;
    }
    flight_ = std::move(role.leads);
    return true;
}

void Derivative::waitFor(std::uint64_t flight) {
    if (suspend(Stage::waiting)) {
        gauges().requestsWaiting++;
        waiter_.wait(flight, onFlightEnd, this, log());
    }
}

void Derivative::onFlightEnd(void* data, const FlightOutcome& outcome) {
    auto& derivative = *static_cast<Derivative*>(data);
    gauges().requestsWaiting--;
    derivative.onEventLoop([&] { derivative.onLeaderEnd(outcome); });
}

void Derivative::onLeaderEnd(const FlightOutcome& outcome) {
    switch (outcome.end) {
        case FlightOutcome::End::failed:
            shareFailure(outcome);
            return;
        case FlightOutcome::End::notStored:
            sharing_ = Sharing::skips;
            break;
        case FlightOutcome::End::done:
            if (sharing_ == Sharing::joins) {
                sharing_ = Sharing::sawLeaderFinish;
            }
            break;
        case FlightOutcome::End::abandoned:
            break;
    }
    recallSources();
    if (!isRefusedByMemory()) {
        lookUp();
    }
}

// While this request waited, others may have learned that an image is missing or private. True: the
// request was answered, or goes on with a default image.
bool Derivative::isRefusedByMemory() {
    if (isKnownMissing()) {
        onMissing();
        return true;
    }
    const KnownJudgement judgement =
        judgeKnown(accessOf(context_), judgedImage(context_.sources.front()), nowInMilliseconds());
    const bool isRefused = judgement.mark != Mark::unknown && !judgement.decision.allowed;
    if (isRefused) {
        context_.access.mark = judgement.mark;
        onDenied(true, judgement.decision.reason, "");
    }
    return isRefused;
}

// The leader's failure is this request's, once that was judged by the mark that the leader read.
void Derivative::shareFailure(const FlightOutcome& outcome) {
    context_.facts.originStatus = outcome.originStatus;
    flight_.end(outcome);  // for requests that follow this one in turn
    if (outcome.reason == Reason::notFound) {
        recallSources();
        if (isRefusedByMemory()) {
            return;
        }
    }
    if (isOriginFailure(outcome.reason, outcome.originStatus) &&
        sendStale(isUsableOnError, NGX_HTTP_CACHE_STALE)) {
        return;
    }
    recallSources();
    if (const auto refusal =
            refuseFollower(accessOf(context_), judgedImages(),
                           {outcome.reason, outcome.mark, outcome.wasRead}, nowInMilliseconds())) {
        onDenied(isOriginalDenied(), refusal->reason, "");
        return;
    }
    refuseRequest(outcome.reason, "another request for the same has failed");
}

FlightOutcome Derivative::failureOutcome(Reason reason) const {
    FlightOutcome outcome;
    if (!isSharedFailure(reason)) {
        return outcome;
    }
    outcome.end = FlightOutcome::End::failed;
    outcome.reason = reason;
    outcome.originStatus = static_cast<std::uint16_t>(context_.facts.originStatus);
    for (const auto& fetch : fetches_) {
        if (fetch->originState.observedAt != 0) {
            outcome.wasRead = true;
            outcome.mark = combine(outcome.mark, fetch->originState.mark);
        }
    }
    return outcome;
}

}  // namespace private_image
