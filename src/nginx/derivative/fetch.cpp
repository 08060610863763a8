// What a derivative is made of comes from the origin: in full, or confirmed for the entry found.
#include "nginx/derivative/cached_entry.hpp"
#include "nginx/derivative/origin_fetch.hpp"
#include "nginx/derivative/steps.hpp"
#include "nginx/host/log.hpp"
#include "nginx/request/response_headers.hpp"

namespace private_image {
namespace {

using Stage = RequestContext::Stage;

void fetch(RequestContext& context, Source& source, Stage stage, std::unique_ptr<Fetch> fetch) {
    if (!suspend(context, stage)) {
        return;
    }
    fetch->source = &source;
    fetch->requestedAt = nowInMilliseconds();
    Fetch& started = *context.fetches.emplace_back(std::move(fetch));
    const ngx_int_t rc = startFetch(context, started);
    if (rc == NGX_DECLINED) {
        const bool isMain = &source == &context.sources.front() && !context.usesDefaultImage;
        answerRefusal(context, isMain ? Reason::badUrl : Reason::badOptions,
                      "it is not a path of this location");
    } else if (rc != NGX_OK) {
        answerRefusal(context, Reason::internal, "the origin's subrequest could not be made");
    }
}

// The next source in full, or the render once all are there.
void fetchNext(RequestContext& context) {
    const std::size_t next = context.fetches.size();
    if (next < context.sources.size()) {
        fetch(context, context.sources[next], Stage::fetching, std::make_unique<Fetch>());
        return;
    }
    startRender(context);
}

// Nothing is wanted any more of what was fetched so far.
void retire(RequestContext& context) {
    for (auto& fetch : context.fetches) {
        context.ended.push_back(std::move(fetch));
    }
    context.fetches.clear();
    context.sourceBytes = 0;
}

// Puts the default image in the place of an original that is, or has to look, missing. False if
// there is none.
bool standIn(RequestContext& context) {
    const std::string& path = context.parsed->transform.defaultImage;
    if (path.empty() || context.usesDefaultImage) {
        return false;
    }
    Result<Source, const char*> source = makeSource(context, path);
    if (!source || source->remembered.isMissing) {
        return false;
    }
    context.usesDefaultImage = true;
    context.sources.front() = std::move(*source);
    context.flight.end({});  // of those who ask for the same, everyone finds out for himself
    context.isEntryUsable = context.hasLookedAgain = false;
    retire(context);
    return true;
}

void onFailed(RequestContext& context, const Fetch& fetch) {
    const Reason reason = *fetch.refusal;
    const bool isMain = fetch.source == &context.sources.front();
    if (reason == Reason::notFound && isMain && standIn(context)) {
        begin(context);
        return;
    }
    if (isDenial(reason) || looksMissing(context.gate, reason)) {
        onDenied(context, isMain, reason, fetch.detail);
        return;
    }
    const bool mayBeStale = isOriginsFailure(reason, fetch.status);
    if (mayBeStale && context.isEntryUsable) {
        context.flight.end(failureOutcome(context, reason));
        logReason(context.r, reason, fetch.detail + ", what is in the cache is used");
    }
    if (mayBeStale && sendStale(context, isUsableOnError, NGX_HTTP_CACHE_STALE)) {
        return;
    }
    answerRefusal(context, reason, fetch.detail);
}

void noteOrigin(RequestContext& context, const Fetch& fetch) {
    context.originStatus = fetch.status;
    context.originTime += fetch.finishedAt - fetch.startedAt;
    context.sourceBytes += fetch.body.size();
}

// With several sources, that each is fresh for so long is all that can be told from now on.
void renewLifetime(EntryRecord& record, const AnswerHeaders& headers) {
    record.age = headers.age;
    if (hasLifetime(headers)) {
        record.cacheControl = headers.cacheControl;
        record.expires = headers.expires;
    }
    if (hasLifetime(headers) || headers.accelExpires) {
        record.accelExpires = headers.accelExpires;
        record.hasOwnLifetime = hasOwnLifetime(headers, headers.ignored);
    }
}

// The original has changed, and its new body is here; or the fetch failed.
void onChanged(RequestContext& context, Fetch& fetch) {
    if (fetch.refusal) {
        fetch.refresh.end(failureOutcome(context, *fetch.refusal));
        onFetched(context);
        return;
    }
    context.isEntryUsable = false;
    if (fetch.isContradicted || fetch.source != &context.sources.front()) {
        fetch.refresh.end({});
        retire(context);
        startMiss(context);
        return;
    }
    onFetched(context);
}

}  // namespace

void startMiss(RequestContext& context) {
    if (!takePlace(context)) {
        answerRefusal(context, Reason::busy, "private_image_renders allows no more to wait");
        return;
    }
    fetchNext(context);
}

void onMissing(RequestContext& context) {
    if (context.sources.front().remembered.isMissing && standIn(context)) {
        begin(context);
    } else {
        answerRefusal(context, Reason::notFound, "the origin has just said so");
    }
}

// Else a default image would tell what is missing from what is hidden.
void onDenied(RequestContext& context, bool isMain, Reason reason, const std::string& detail) {
    if (isMain && looksMissing(context.gate, reason) && standIn(context)) {
        logReason(context.r, reason, "the default image is in its place");
        begin(context);
        return;
    }
    answerRefusal(context, reason, detail);
}

void onFetched(RequestContext& context) {
    const Fetch& fetch = *context.fetches.back();
    noteOrigin(context, fetch);
    if (fetch.refusal) {
        onFailed(context, fetch);
        return;
    }
    if (context.sourceBytes > static_cast<std::size_t>(context.gate.maxSourceSize)) {
        answerRefusal(context, Reason::tooLarge,
                      "all sources together exceed private_image_max_source_size");
        return;
    }
    fetchNext(context);
}

void refresh(RequestContext& context, std::size_t index) {
    Source& source = context.sources[index];
    const EntrySource& kept = context.record->sources[index];
    const bool isFreshStill = isFresh(*source.known, nowInMilliseconds());
    if (!kept.originState.revision.isKnown() && !isFreshStill) {
        startMiss(context);
        return;
    }
    FlightRole role = join(source.image, context.r->connection->log);
    if (role.follows != 0) {
        waitForOther(context, role.follows);
        return;
    }
    auto conditional = std::make_unique<Fetch>();
    conditional->confirms = &kept;
    conditional->wantsBody = kept.originState.revision.isKnown();
    conditional->refresh = std::move(role.leads);
    fetch(context, source, Stage::refreshing, std::move(conditional));
}

void onRefreshed(RequestContext& context) {
    Fetch& fetch = *context.fetches.back();
    if (!fetch.isConfirmed) {
        onChanged(context, fetch);
        return;
    }
    noteOrigin(context, fetch);
    // While this was asked, something else may have come to be known.
    if (!joinKnowledge(context)) {
        context.isEntryUsable = false;
        retire(context);
        startMiss(context);
        return;
    }
    fetch.source->known = confirmedBy(fetch.confirms->originState, fetch.originState);
    fetch.source->observedAt = fetch.originState.observedAt;
    if (context.sources.size() == 1) {
        renewLifetime(*context.record, fetch.headers);
    }
    context.isRefreshed = true;
    retire(context);
    work(context);
}

}  // namespace private_image
