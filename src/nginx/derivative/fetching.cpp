// What a derivative is made of comes from the origin: in full, or confirmed for the entry found.
#include "image_state/entry_knowledge.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/derivative/record.hpp"
#include "nginx/request/response_headers.hpp"

namespace private_image {
namespace {

constexpr const char* queueIsFull = "private_image_renders allows no more to wait";

}  // namespace

// ------------------------------------------------------------------ starting

bool Derivative::takePlace() {
    if (!place_) {
        const bool isUnsigned = context_.access.signature.signature != Signature::valid;
        place_ = RenderPlace::take(*context_.gate.queue, isUnsigned, log());
    }
    return static_cast<bool>(place_);
}

void Derivative::startMiss() {
    if (!takePlace()) {
        refuseRequest(Reason::busy, queueIsFull);
        return;
    }
    fetchNext();
}

// The next source in full, or the render once all are there.
void Derivative::fetchNext() {
    const std::size_t next = fetches_.size();
    if (next < context_.sources.size()) {
        fetch(context_.sources[next], Stage::fetching, std::make_unique<Fetch>());
        return;
    }
    startRender();
}

void Derivative::fetch(Source& source, Stage stage, std::unique_ptr<Fetch> fetch) {
    if (!suspend(stage)) {
        return;
    }
    fetch->owner = this;
    fetch->source = &source;
    fetch->requestedAt = nowInMilliseconds();
    Fetch& started = *fetches_.emplace_back(std::move(fetch));
    const ngx_int_t rc = startFetch(context_, started, ownHandler_);
    if (rc == NGX_DECLINED) {
        const bool isOriginal = &source == &context_.sources.front() && !usesDefaultImage_;
        refuseRequest(isOriginal ? Reason::badUrl : Reason::badOptions,
                      "it is not a path of this location");
    } else if (rc != NGX_OK) {
        refuseRequest(Reason::internal, "the origin's subrequest could not be made");
    }
}

void Derivative::refresh(std::size_t index) {
    Source& source = context_.sources[index];
    const EntrySource& kept = record_->sources[index];
    const bool isFreshStill = isFresh(*source.known, nowInMilliseconds());
    if (!kept.originState.revision.isKnown() && !isFreshStill) {
        startMiss();
        return;
    }
    FlightRole role = join(source.image, log());
    if (role.follows != 0) {
        waitFor(role.follows);
        return;
    }
    auto conditional = std::make_unique<Fetch>();
    conditional->confirms = &kept;
    conditional->wantsBody = kept.originState.revision.isKnown();
    conditional->refresh = std::move(role.leads);
    if (index == 0) {
        CachingHeaders& headers = conditional->confirmedHeaders.emplace();
        headers.cacheControl = record_->cacheControl;
        headers.expires = record_->expires;
        headers.accelExpires = record_->accelExpires;
    }
    fetch(source, Stage::refreshing, std::move(conditional));
}

// The header of a fetch that was to confirm an entry may show that the original has changed: then
// its body is wanted, and a place to render it.
ngx_int_t Derivative::filterFetchHeader(Fetch& fetch, ngx_http_request_t* r) {
    if (readFetchHeader(context_, fetch, r) == FetchHeader::needsPlace && !takePlace()) {
        refuseFetch(fetch, Reason::busy, queueIsFull);
    }
    return endFetchHeader(fetch, r);
}

// ------------------------------------------------------------------ the end of a fetch

void Derivative::onFetched() {
    const Fetch& fetch = *fetches_.back();
    noteOrigin(fetch);
    logDebug(log(), "fetched, origin's status", std::to_string(fetch.status));
    if (fetch.refusal) {
        onFailed(fetch);
        return;
    }
    if (context_.facts.sourceBytes > static_cast<std::size_t>(context_.gate.maxSourceSize)) {
        refuseRequest(Reason::tooLarge,
                      "all sources together exceed private_image_max_source_size");
        return;
    }
    fetchNext();
}

void Derivative::onFailed(const Fetch& fetch) {
    const Reason reason = *fetch.refusal;
    const bool isOriginal = fetch.source == &context_.sources.front();
    if (reason == Reason::notFound && isOriginal && useDefaultImage()) {
        lookInCache();
        return;
    }
    if (isDenial(reason) || looksMissing(context_.gate, reason)) {
        onDenied(isOriginal, reason, fetch.detail);
        return;
    }
    const bool mayBeStale = isOriginFailure(reason, static_cast<unsigned>(fetch.status));
    if (mayBeStale && isEntryUsable_) {
        flight_.end(failureOutcome(reason));
        logReason(context_.r, reason, fetch.detail + ", the cache's derivative is sent if it may");
    }
    if (mayBeStale && sendStale(isUsableOnError, NGX_HTTP_CACHE_STALE)) {
        return;
    }
    refuseRequest(reason, fetch.detail);
}

void Derivative::onRefreshed() {
    Fetch& fetch = *fetches_.back();
    if (!fetch.isConfirmed) {
        onChanged(fetch);
        return;
    }
    noteOrigin(fetch);
    if (!joinEntry()) {  // more has become known since the origin was asked
        isEntryUsable_ = false;
        retireFetches();
        startMiss();
        return;
    }
    fetch.source->known = confirmedBy(fetch.confirms->originState, fetch.originState);
    fetch.source->observedAt = fetch.originState.observedAt;
    if (context_.sources.size() == 1) {
        renewLifetime(*record_, {fetch.headers, fetch.headers.ignored, fetch.headers.age});
    }
    isRefreshed_ = true;
    retireFetches();
    work();
}

// The original has changed, and its new body is here; or the fetch failed.
void Derivative::onChanged(Fetch& fetch) {
    if (fetch.refusal) {
        fetch.refresh.end(failureOutcome(*fetch.refusal));
        onFetched();
        return;
    }
    isEntryUsable_ = false;
    if (fetch.isContradicted || fetch.source != &context_.sources.front()) {
        fetch.refresh.end({});
        retireFetches();
        startMiss();
        return;
    }
    onFetched();
}

// Another request has found out that a source is missing.
void Derivative::onMissing() {
    if (context_.sources.front().remembered.isMissing && useDefaultImage()) {
        lookInCache();
    } else {
        refuseRequest(Reason::notFound, "the origin has just answered so");
    }
}

// A source's mark refuses this request. Where denials look like missing images, its default image
// is sent, else the two could be distinguished by it.
void Derivative::onDenied(bool isOriginal, Reason reason, const std::string& detail) {
    if (isOriginal && looksMissing(context_.gate, reason) && useDefaultImage()) {
        logReason(context_.r, reason, "the default image is sent instead");
        lookInCache();
        return;
    }
    refuseRequest(reason, detail);
}

// False if there is no default image.
bool Derivative::useDefaultImage() {
    const std::string& path = context_.target.parsed->transform.defaultImage;
    if (path.empty() || usesDefaultImage_) {
        return false;
    }
    Result<Source, const char*> source = makeSource(context_, path);
    if (!source || source->remembered.isMissing) {
        return false;
    }
    usesDefaultImage_ = true;
    context_.sources.front() = std::move(*source);
    flight_.end({});  // the others may not need the default image
    isEntryUsable_ = hasLookedAgain_ = false;
    retireFetches();
    return true;
}

void Derivative::retireFetches() {
    for (auto& fetch : fetches_) {
        retired_.push_back(std::move(fetch));
    }
    fetches_.clear();
    context_.facts.sourceBytes = 0;
}

void Derivative::noteOrigin(const Fetch& fetch) {
    context_.facts.originStatus = fetch.status;
    context_.facts.originTime += fetch.finishedAt - fetch.startedAt;
    context_.facts.sourceBytes += fetch.body.size();
}

}  // namespace private_image
