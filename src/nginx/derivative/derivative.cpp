#include "nginx/derivative/derivative.hpp"

#include "access/error_redirect.hpp"
#include "access/source_judgement.hpp"
#include "base/encoding.hpp"
#include "image_state/entry_knowledge.hpp"
#include "nginx/derivative/cache_key.hpp"
#include "nginx/derivative/record.hpp"
#include "nginx/host/answer_headers.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "nginx/shared_memory/counters.hpp"

namespace private_image {
namespace {

// After how many milliseconds a request whose deadline has passed is tried again, where NGINX
// cannot end it yet.
constexpr ngx_msec_t retryInterval = 100;

bool isBypassed(const RequestContext& context) {
    return context.gate.cacheBypass != nullptr &&
           ngx_http_test_predicates(context.r, context.gate.cacheBypass) == NGX_DECLINED;
}

// onerror=redirect.
ngx_int_t redirectToSource(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    r->headers_out.location =
        addHeader(r, "Location", percentEncodePath(context.target.parsed->path));
    return NGX_HTTP_MOVED_TEMPORARILY;
}

Derivative* derivativeOf(const RequestContext& context) {
    return dynamic_cast<Derivative*>(context.delivery.get());
}

}  // namespace

Fetch* fetchOf(const RequestContext& context, const ngx_http_request_t* r) {
    return static_cast<Fetch*>(imageSubrequestOf(context, r));  // only a Derivative makes them
}

// ------------------------------------------------------------------ from NGINX

Derivative::Derivative(RequestContext& context)
    : context_(context), ownHandler_{context.r->content_handler, context.r->phase_handler + 1} {}

ngx_int_t Derivative::enter(RequestContext& context) {
    context.delivery = std::make_unique<Derivative>(context);
    context.r->content_handler = handle;
    return NGX_OK;  // on to the content phase: try_files and mirror are for the origin's request
}

ngx_int_t Derivative::handle(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    Derivative* derivative = context == nullptr ? nullptr : derivativeOf(*context);
    if (derivative == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    r->main->count++;
    r->write_event_handler = resume;
    derivative->guarded([&] { derivative->start(); });
    return NGX_DONE;
}

// The write handler of a request that waits.
void Derivative::resume(ngx_http_request_t* r) {
    RequestContext* context = contextOf(r);
    Derivative* derivative = context == nullptr ? nullptr : derivativeOf(*context);
    if (derivative != nullptr) {
        derivative->guarded([&] { derivative->resumeStage(); });
    }
}

void Derivative::resumeStage() {
    const bool hasFetched = !fetches_.empty() && fetches_.back()->isFinished;
    switch (stage_) {
        case Stage::lookingUp:
            if (!context_.r->aio) {  // else a thread is still reading the entry's head
                lookUp();
            }
            return;
        case Stage::fetching:
            if (hasFetched) {
                onFetched();
            }
            return;
        case Stage::refreshing:
            if (hasFetched) {
                onRefreshed();
            }
            return;
        case Stage::begun:
        case Stage::waiting:
        case Stage::rendering:
        case Stage::answered:
            return;
    }
}

ImageSubrequest* Derivative::subrequestOf(const ngx_http_request_t* r) {
    for (const auto* fetches : {&fetches_, &retired_}) {
        for (const auto& fetch : *fetches) {
            if (fetch->request == r) {
                return fetch.get();
            }
        }
    }
    return nullptr;
}

// Also of fetches that were given up.
std::vector<ngx_msec_t> Derivative::originTimes() const {
    std::vector<ngx_msec_t> times;
    for (const auto* fetches : {&fetches_, &retired_}) {
        for (const auto& fetch : *fetches) {
            const bool hasEnded = fetch->finishedAt != 0;
            times.push_back((hasEnded ? fetch->finishedAt : ngx_current_msec) - fetch->startedAt);
        }
    }
    return times;
}

void Derivative::onDeadline() {
    if (stage_ == Stage::answered) {
        return;
    }
    if (stage_ == Stage::lookingUp && context_.r->main->blocked != 0) {
        ngx_add_timer(&context_.timer, retryInterval);  // a thread reads the entry's head
        return;
    }
    guarded([&] {
        for (const auto& fetch : fetches_) {
            abandonFetch(context_, *fetch);
        }
        const bool isOriginSilent = stage_ == Stage::fetching || stage_ == Stage::refreshing;
        flight_.end({});  // the followers may have more time
        if (isOriginSilent && sendStale(isUsableOnError, NGX_HTTP_CACHE_STALE)) {
            return;
        }
        refuseRequest(Reason::timeout, timeoutDetail(context_.gate));
    });
}

void Derivative::release() {
    if (waiter_.isWaiting()) {
        gauges().requestsWaiting--;
        waiter_.stop();
    }
    flight_ = Flight();
    for (const auto& fetch : fetches_) {
        fetch->refresh = Flight();
    }
    if (job_) {
        abandon(job_);
    }
    place_ = RenderPlace();
}

// ------------------------------------------------------------------ the cache

// An original that is missing, or has to look so, may have a default image.
void Derivative::start() {
    if (!addLayers()) {
        return;
    }
    if (isKnownMissing()) {
        onMissing();
    } else if (isOriginalDenied()) {
        onDenied(true, judge().reason, "");
    } else {
        lookInCache();
    }
}

// False: refused.
bool Derivative::addLayers() {
    for (const Layer* layer : imageLayers(context_.target.parsed->transform)) {
        Result<Source, const char*> source = makeSource(context_, layer->path);
        if (!source) {
            refuseRequest(Reason::internal, source.error());
            return false;
        }
        context_.sources.push_back(std::move(*source));
    }
    return true;
}

void Derivative::lookInCache() {
    if (context_.gate.cache == nullptr) {
        sharing_ = Sharing::skips;
        isUnkeepable_ = true;
        startMiss();
        return;
    }
    cache_.use(context_.r, context_.gate, cacheKey(context_));
    context_.facts.cacheKey = cache_.key();
    if (isBypassed(context_)) {
        context_.facts.cacheStatus = NGX_HTTP_CACHE_BYPASS;
        sharing_ = Sharing::skips;
        isUnkeepable_ = !cache_.prepareUnseen();
        startMiss();
        return;
    }
    lookUp();
}

void Derivative::lookUp() {
    const DerivativeCache::Found found = cache_.find(record_);
    if (found == DerivativeCache::Found::later) {
        suspend(Stage::lookingUp);
        return;
    }
    onFound(found);
}

void Derivative::onFound(DerivativeCache::Found found) {
    isEntryUsable_ = found == DerivativeCache::Found::entry && joinEntry();
    if (isEntryUsable_ && areConfirmed(accessOf(context_), judgedImages(), nowInMilliseconds())) {
        work();
        return;
    }
    if (found == DerivativeCache::Found::unavailable) {
        sharing_ = Sharing::skips;
        isUnkeepable_ = true;
        cache_.close();
    }
    // The leader's work did not help this request: no queue forms a second time.
    if (sharing_ == Sharing::sawLeaderFinish && !isEntryUsable_) {
        sharing_ = Sharing::skips;
    }
    context_.facts.cacheStatus = isEntryUsable_ ? NGX_HTTP_CACHE_EXPIRED : NGX_HTTP_CACHE_MISS;
    logDebug(log(), "cache", isEntryUsable_ ? "the entry needs a confirmation" : "no usable entry");
    if (!leads()) {
        return;
    }
    if (looksAgain()) {
        lookUp();
        return;
    }
    work();
}

// The entry may have come since it was looked for.
bool Derivative::looksAgain() {
    const bool isNewLeader = flight_ && !hasLookedAgain_ && sharing_ != Sharing::skips;
    hasLookedAgain_ = true;
    return isNewLeader;
}

void Derivative::work() {
    if (!isEntryUsable_) {
        startMiss();
        return;
    }
    const RequestAccess access = accessOf(context_);
    const Decision decision = judge();
    if (!decision.allowed && haveReliableMarks(access, judgedImages(), nowInMilliseconds())) {
        onDenied(isOriginalDenied(), decision.reason, "");
        return;
    }
    for (std::size_t i = 0; i < context_.sources.size(); i++) {
        if (!isConfirmed(access, judgedImage(context_.sources[i]), nowInMilliseconds())) {
            refresh(i);
            return;
        }
    }
    if (isRefreshed_) {
        renewEntry();
    }
    sendEntry(decision, isRefreshed_ ? NGX_HTTP_CACHE_REVALIDATED : NGX_HTTP_CACHE_HIT);
}

// What the origin has confirmed is kept with the entry, for when shared memory has no room for it.
void Derivative::renewEntry() {
    for (std::size_t i = 0; i < context_.sources.size(); i++) {
        record_->sources[i].originState = *context_.sources[i].known;
    }
    cache_.rewrite(writeRecord(*record_));
}

bool Derivative::sendStale(bool (*isUsable)(const OriginState&, Milliseconds, std::int64_t),
                           ngx_uint_t cacheStatus) {
    isEntryUsable_ = isEntryUsable_ && joinEntry();
    if (!isEntryUsable_) {
        return false;
    }
    const Milliseconds now = nowInMilliseconds();
    for (const Source& source : context_.sources) {
        if (!isFresh(*source.known, now) &&
            !isUsable(*source.known, now, context_.gate.lifetime.useStale)) {
            return false;
        }
    }
    const Decision decision = judge();
    if (decision.allowed) {
        sendEntry(decision, cacheStatus);
    }
    return decision.allowed;
}

void Derivative::sendEntry(Decision decision, ngx_uint_t cacheStatus) {
    context_.access.reason = decision.reason;
    context_.facts.cacheStatus = cacheStatus;
    context_.facts.sourceType = record_->sourceType;
    context_.facts.sourceSize = record_->sourceSize;
    context_.facts.sourceBytes = record_->sourceBytes;
    logDebug(log(), "cache, entry sent", view(ngx_http_cache_status[cacheStatus - 1]));
    flight_.end({FlightOutcome::End::done});
    finish(sendDerivative(context_, *record_, CachedBody{cache_}, usesDefaultImage_));
}

// ------------------------------------------------------------------ the sources

std::vector<JudgedImage> Derivative::judgedImages() const {
    std::vector<JudgedImage> images;
    images.reserve(context_.sources.size());
    for (const Source& source : context_.sources) {
        images.push_back(judgedImage(source));
    }
    return images;
}

bool Derivative::joinEntry() {
    const Milliseconds now = nowInMilliseconds();
    if (!isEntryValid(*record_, encoderFingerprint(), context_.sources.size(), now)) {
        return false;
    }
    for (std::size_t i = 0; i < context_.sources.size(); i++) {
        Source& source = context_.sources[i];
        if (stage_ != Stage::begun) {  // time has passed since it was recalled
            source.remembered = readImageState(source.image, now, log());
        }
        const auto known = joinKnowledge(record_->sources[i], record_->requestedAt,
                                         {source.image, source.path, source.remembered});
        if (!known) {
            return false;
        }
        source.known = known;
    }
    return true;
}

Decision Derivative::judge() {
    const KnownJudgement judgement =
        judgeSources(accessOf(context_), judgedImages(), nowInMilliseconds());
    context_.access.mark = judgement.mark;
    logDebug(log(), judgement.decision.allowed ? "judged, allowed" : "judged, refused",
             reasonWord(judgement.decision.reason));
    return judgement.decision;
}

bool Derivative::isOriginalDenied() const {
    return isReliablyDenied(accessOf(context_), judgedImage(context_.sources.front()),
                            nowInMilliseconds());
}

bool Derivative::isKnownMissing() const {
    return std::ranges::any_of(context_.sources,
                               [](const Source& source) { return source.remembered.isMissing; });
}

void Derivative::recallSources() {
    for (Source& source : context_.sources) {
        source.known.reset();
        source.remembered = readImageState(source.image, nowInMilliseconds(), log());
    }
}

// ------------------------------------------------------------------ to NGINX

const char* Derivative::nameOf(Stage stage) {
    switch (stage) {
        case Stage::begun:
            return "begun";
        case Stage::lookingUp:
            return "looking up";
        case Stage::waiting:
            return "waiting";
        case Stage::refreshing:
            return "refreshing";
        case Stage::fetching:
            return "fetching";
        case Stage::rendering:
            return "rendering";
        case Stage::answered:
            return "answered";
    }
    return "";
}

void Derivative::changeStage(Stage stage) {
    stage_ = stage;
    logDebug(log(), "derivative", nameOf(stage));
}

bool Derivative::suspend(Stage stage) {
    changeStage(stage);
    if (startTimer(context_) != NGX_OK) {
        finish(NGX_HTTP_INTERNAL_SERVER_ERROR);
        return false;
    }
    context_.r->read_event_handler = ngx_http_test_reading;
    return true;
}

void Derivative::finish(ngx_int_t rc) {
    changeStage(Stage::answered);
    stopWaiting(context_);
    ngx_http_finalize_request(context_.r, rc);
}

void Derivative::refuseRequest(Reason reason, const std::string& detail) {
    if (stage_ == Stage::answered) {
        return;
    }
    ngx_int_t status = refuse(context_, reason, detail);
    flight_.end(failureOutcome(reason));
    const bool maySeeSource = !fetches_.empty() && fetches_.front()->decision.allowed;
    if (context_.target.parsed->transform.redirectsOnError && maySeeSource &&
        mayRedirectToSource(reason)) {
        status = redirectToSource(context_);
    }
    finish(status);
}

}  // namespace private_image
