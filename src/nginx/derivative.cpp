#include "nginx/derivative.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "nginx/counters.hpp"
#include "nginx/log.hpp"
#include "nginx/origin_fetch.hpp"
#include "nginx/response.hpp"
#include "transform/canonical.hpp"

namespace private_image {
namespace {

using Stage = RequestContext::Stage;

// How often, in milliseconds, a request whose time is over is tried again that NGINX holds back.
constexpr ngx_msec_t retryInterval = 100;

void begin(RequestContext& context);
void lookUp(RequestContext& context);
void work(RequestContext& context);
void onMissing(RequestContext& context);
bool isSettledByMemory(RequestContext& context);

// ------------------------------------------------------------------ running and answering

// Ends the request with NGINX's code; nothing is waited for any more.
void finish(RequestContext& context, ngx_int_t rc) {
    context.isAnswered = true;
    stopWaiting(context);
    ngx_http_finalize_request(context.r, rc);
}

// Runs a step; no exception may reach NGINX.
template <typename Step>
void guarded(RequestContext& context, Step step) {
    try {
        step();
    } catch (const std::exception&) {
        logException(context.r->connection->log, "making a derivative");
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}

// Runs a step on the event loop outside of NGINX's own request processing.
template <typename Step>
void onEventLoop(RequestContext& context, Step step) {
    ngx_connection_t* connection = context.r->connection;
    ngx_http_set_log_request(connection->log, context.r);
    guarded(context, step);
    ngx_http_run_posted_requests(connection);
}

// From now on the answer comes later: there is a deadline, and the client may leave.
bool suspend(RequestContext& context, Stage stage) {
    context.stage = stage;
    if (startTimer(context) != NGX_OK) {
        finish(context, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return false;
    }
    context.r->read_event_handler = ngx_http_test_reading;
    return true;
}

// ------------------------------------------------------------------ judging

// Judges every source; an unreliable mark is unknown. The first refusal is the whole answer's.
Decision judge(RequestContext& context) {
    Decision whole;
    context.mark = Mark::unknown;
    for (const Source& source : context.sources) {
        const bool isMain = &source == &context.sources.front();
        const Mark mark = reliableMark(context, source);
        const Decision decision =
            decide(askedOf(context, source), mark, context.signature, context.gate.policy);
        context.mark = isMain ? mark : combine(context.mark, mark);
        if (!decision.allowed) {
            return decision;
        }
        if (isMain || decision.reason == Reason::signedUrl) {
            whole = decision;
        }
    }
    return whole;
}

bool hasReliableMarks(const RequestContext& context) {
    return std::all_of(context.sources.begin(), context.sources.end(), [&](const Source& source) {
        return reliableMark(context, source) != Mark::unknown;
    });
}

// ------------------------------------------------------------------ the entry

// Read from its end it is unambiguous: nothing but the identity can hold a blank.
std::string cacheKey(const RequestContext& context) {
    std::string key(view(context.identity));
    key += ' ' + percentEncodePath(view(context.sources.front().uri));
    key += ' ' + canonicalText(context.parsed->transform) + ' ' + context.gate.settingsText;
    if (context.negotiated) {
        key += ",auto=";
        for (const Format format : context.acceptedFormats) {
            key += std::string(formatName(format)) + '+';
        }
    }
    return key;
}

// What is known of what the entry was made of, once `later` was read. Without a revision nobody can
// say that it is still the same: then nothing that is said later opens or prolongs it.
Reading confirmedBy(const Reading& kept, const Reading& later) {
    Reading known = joined(kept, later);
    if (!kept.revision.isKnown()) {
        known.said = kept.said == Mark::privateImage ? Mark::privateImage : known.said;
        known.freshUntil = kept.freshUntil;
    }
    return known;
}

// Joins what the entry says of a source with what the memory says. False: the entry is void.
bool joinKnowledge(const EntryRecord& entry, const EntrySource& kept, Source& source,
                   Milliseconds now) {
    const Remembered& memory = source.remembered = recall(source.image, now);
    if (kept.image != source.image || kept.path != source.path ||
        memory.purgedAt >= entry.askedAt || memory.isMissing) {
        return false;
    }
    source.known = kept.reading;
    if (!memory.reading) {
        return true;
    }
    const bool isOther = memory.reading->revision != kept.reading.revision;
    if (isOther && memory.reading->readAt >= kept.reading.readAt) {
        return false;
    }
    source.known = confirmedBy(kept.reading, *memory.reading);
    return true;
}

// What is known now; false: the entry found is of no use.
bool joinKnowledge(RequestContext& context) {
    const EntryRecord& entry = *context.record;
    if (entry.askedAt > nowInMilliseconds() + clockLeeway ||
        entry.encoder != encoderFingerprint() || entry.sources.size() != context.sources.size()) {
        return false;
    }
    const Milliseconds now = nowInMilliseconds();
    for (std::size_t i = 0; i < context.sources.size(); i++) {
        if (!joinKnowledge(entry, entry.sources[i], context.sources[i], now)) {
            return false;
        }
    }
    return true;
}

bool isWholeConfirmed(const RequestContext& context) {
    return std::all_of(context.sources.begin(), context.sources.end(),
                       [&](const Source& source) { return isConfirmed(context, source); });
}

void sendEntry(RequestContext& context, Decision decision, ngx_uint_t status) {
    context.reason = decision.reason;
    context.cacheStatus = status;
    context.isFromCache = true;
    context.sourceType = context.record->sourceType;
    context.sourceSize = context.record->sourceSize;
    context.sourceBytes = context.record->sourceBytes;
    context.flight.end({FlightOutcome::End::done});
    finish(context, sendDerivative(context));
}

// Serves the entry past its freshness if that is allowed for every source, and to this client.
bool sendStale(RequestContext& context, bool (*isUsable)(const Reading&, Milliseconds),
               ngx_uint_t status) {
    context.isEntryUsable = context.isEntryUsable && joinKnowledge(context);
    if (!context.isEntryUsable) {
        return false;
    }
    const Milliseconds now = nowInMilliseconds();
    for (const Source& source : context.sources) {
        if (!isFresh(*source.known, now) && !isUsable(*source.known, now)) {
            return false;
        }
    }
    const Decision decision = judge(context);
    if (decision.allowed) {
        sendEntry(context, decision, status);
    }
    return decision.allowed;
}

// True for what stale derivatives are for: the origin does not answer, or says that it cannot. What
// it withdraws or moves is no failure.
bool isOriginsFailure(Reason reason, ngx_uint_t status) {
    const bool isFailure = reason == Reason::originError || reason == Reason::originTimeout;
    return isFailure &&
           (status < NGX_HTTP_SPECIAL_RESPONSE || status >= NGX_HTTP_INTERNAL_SERVER_ERROR);
}

// ------------------------------------------------------------------ others who ask for the same

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
        if (fetch->reading.readAt != 0) {
            outcome.wasRead = true;
            outcome.said = combine(outcome.said, fetch->reading.said);
        }
    }
}

void tellFailure(RequestContext& context, Reason reason) {
    FlightOutcome outcome;
    if (isShared(reason)) {
        outcome.end = FlightOutcome::End::failed;
        outcome.reason = reason;
        outcome.originStatus = static_cast<std::uint16_t>(context.originStatus);
        noteMarks(context, outcome);
    }
    context.flight.end(outcome);
}

// Another's failure is ours, once we were judged by the mark that it was told.
void shareFailure(RequestContext& context, const FlightOutcome& outcome) {
    context.originStatus = outcome.originStatus;
    if (outcome.reason == Reason::notFound && isSettledByMemory(context)) {
        return;
    }
    if (isOriginsFailure(outcome.reason, outcome.originStatus) &&
        sendStale(context, isUsableOnError, NGX_HTTP_CACHE_STALE)) {
        return;
    }
    if (!precedesMark(outcome.reason)) {
        const Source& original = context.sources.front();
        const Mark mark = outcome.wasRead ? markOf(context, original, outcome.said) : Mark::unknown;
        const Decision decision =
            decide(askedOf(context, original), mark, context.signature, context.gate.policy);
        if (!decision.allowed) {
            answerRefusal(context, decision.reason, "");
            return;
        }
    }
    answerRefusal(context, outcome.reason, "another request for the same has found that out");
}

bool isKnownMissing(const RequestContext& context) {
    return std::any_of(context.sources.begin(), context.sources.end(),
                       [](const Source& source) { return source.remembered.isMissing; });
}

// While this request waited, others may have learned what settles it.
bool isSettledByMemory(RequestContext& context) {
    for (Source& source : context.sources) {
        source.known.reset();
        source.remembered = recall(source.image, nowInMilliseconds());
    }
    if (isKnownMissing(context)) {
        onMissing(context);
        return true;
    }
    const Source& original = context.sources.front();
    const Mark mark = reliableMark(context, original);
    const Decision decision =
        decide(askedOf(context, original), mark, context.signature, context.gate.policy);
    const bool isRefused = mark != Mark::unknown && !decision.allowed;
    if (isRefused) {
        context.mark = mark;
        answerRefusal(context, decision.reason, "");
    }
    return isRefused;
}

void onFlightEnd(void* data, const FlightOutcome& outcome) {
    auto& context = *static_cast<RequestContext*>(data);
    gauges().requestsWaiting--;
    onEventLoop(context, [&] {
        switch (outcome.end) {
            case FlightOutcome::End::failed:
                shareFailure(context, outcome);
                return;
            case FlightOutcome::End::notKept:
                context.isAlone = true;
                break;
            case FlightOutcome::End::done:
                context.wasTold = true;
                break;
            case FlightOutcome::End::abandoned:
                break;
        }
        if (!isSettledByMemory(context)) {
            lookUp(context);
        }
    });
}

void waitForOther(RequestContext& context, std::uint64_t flight) {
    if (suspend(context, Stage::waiting)) {
        gauges().requestsWaiting++;
        context.waiter.wait(flight, onFlightEnd, &context);
    }
}

// True if this request is to do the work itself, for all others if it can.
bool leads(RequestContext& context) {
    if (context.isAlone || context.flight) {
        return true;
    }
    Boarding boarding = board(context.cache.flightKey());
    if (boarding.follows != 0) {
        if (!sendStale(context, isUsableWhileRefreshing, NGX_HTTP_CACHE_UPDATING)) {
            waitForOther(context, boarding.follows);
        }
        return false;
    }
    context.flight = std::move(boarding.leads);
    return true;
}

// ------------------------------------------------------------------ rendering

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

EntrySource entrySourceOf(const Fetch& fetch) {
    return {fetch.source->image, fetch.source->path, fetch.headers.etag, fetch.headers.lastModified,
            fetch.reading};
}

// The record of what is being rendered; what the render finds out is filled in behind it.
EntryRecord recordOf(const RequestContext& context) {
    const Fetch& original = *context.fetches.front();
    EntryRecord record;
    record.encoder = encoderFingerprint();
    record.askedAt = original.askedAt;
    for (const auto& fetch : context.fetches) {
        record.sources.push_back(entrySourceOf(*fetch));
        record.askedAt = std::min(record.askedAt, fetch->askedAt);
    }
    record.sourceBytes = context.sourceBytes;
    record.lastModified = original.headers.lastModifiedTime;
    record.cacheControl = original.headers.cacheControl;
    record.expires = original.headers.expires;
    for (const auto& [name, value] : original.headers.copied) {
        record.headers.emplace_back(name, value);
    }
    record.entityTag = context.entityTag;
    return record;
}

// True if what is rendered may be kept: every origin's answer has to allow it.
bool mayKeep(const RequestContext& context) {
    return context.cache.isInUse() && !context.isUnkeepable &&
           std::all_of(context.fetches.begin(), context.fetches.end(), [](const auto& fetch) {
               return mayBeKept(
                   readOriginLifetime(fetch->headers.cacheControl, fetch->headers.expires));
           });
}

void openResultFile(RequestContext& context, RenderJob& job) {
    if (!mayKeep(context)) {
        return;
    }
    context.entityTag.assign(entityTagLength, '"');
    const std::string record = writeRecord(recordOf(context));
    if (!record.empty()) {
        job.file = context.cache.create(record.size());
    }
}

void fillRecord(RequestContext& context, const RenderJob& job) {
    const Rendered& rendered = *context.rendered;
    context.isEntryUsable = false;
    context.entityTag = makeEntityTag(context, job);
    EntryRecord& record = context.record.emplace(recordOf(context));
    record.format = rendered.format;
    record.size = rendered.size;
    record.outputBytes = rendered.bytes.size;
    record.sourceType = *context.sourceType;
    record.sourceSize = context.sourceSize;
}

// Everybody learns how it ended before this client is answered.
void keepResult(RequestContext& context, RenderJob& job) {
    const bool isKept = job.file && context.cache.keep(writeRecord(*context.record), job.fileError);
    if (!isKept) {
        context.cache.close();
    }
    context.flight.end({isKept ? FlightOutcome::End::done : FlightOutcome::End::notKept});
}

// Judged once more: the image may have become private while it was rendered.
void answerRendered(RequestContext& context) {
    for (const auto& fetch : context.fetches) {
        Source& source = *fetch->source;
        source.known = fetch->reading;
        if (const auto later = recall(source.image, nowInMilliseconds()).reading) {
            source.known->said =
                later->said == Mark::privateImage ? later->said : source.known->said;
        }
        source.known->readAt = std::max(source.known->readAt, context.arrivedAt);
    }
    const Decision decision = judge(context);
    if (!decision.allowed) {
        answerRefusal(context, decision.reason, "");
        return;
    }
    context.reason = decision.reason;
    finish(context, sendDerivative(context));
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
    fillRecord(context, job);
    keepResult(context, job);
    answerRendered(context);
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

void startRender(RequestContext& context) {
    context.stage = Stage::rendering;
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
    job->input.negotiated = context.acceptedFormats;
    job->digestsSources = lacksRevision(context);
    openResultFile(context, *job);
    if (job->file) {
        // As NGINX does with what it will cache: it is finished also if this client leaves.
        context.r->read_event_handler = ngx_http_block_reading;
    } else {
        context.flight.end({FlightOutcome::End::notKept});
    }
    job->finished = [&context](RenderJob& done, JobEnd end) {
        onEventLoop(context, [&] { onJobEnd(context, done, end); });
    };
    context.job = job;
    if (!submit(job, std::move(context.place), context.gate)) {
        answerRefusal(context, Reason::busy, "the thread pool's queue is full");
    }
}

// ------------------------------------------------------------------ fetching

void fetch(RequestContext& context, Source& source, Stage stage, std::unique_ptr<Fetch> fetch) {
    if (!suspend(context, stage)) {
        return;
    }
    fetch->source = &source;
    fetch->askedAt = nowInMilliseconds();
    Fetch& started = *context.fetches.emplace_back(std::move(fetch));
    const ngx_int_t rc = startFetch(context, started);
    if (rc == NGX_DECLINED) {
        const bool isMain = &source == &context.sources.front() && !context.hasStandIn;
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

// Fetches everything anew and renders it.
void startMiss(RequestContext& context) {
    if (!takePlace(context)) {
        answerRefusal(context, Reason::busy, "private_image_renders allows no more to wait");
        return;
    }
    fetchNext(context);
}

// Nothing is wanted any more of what was fetched so far.
void retire(RequestContext& context) {
    for (auto& fetch : context.fetches) {
        context.ended.push_back(std::move(fetch));
    }
    context.fetches.clear();
    context.sourceBytes = 0;
}

// Puts the default image in the place of a missing original. False if there is none.
bool standIn(RequestContext& context) {
    const std::string& path = context.parsed->transform.defaultImage;
    if (path.empty() || context.hasStandIn) {
        return false;
    }
    Result<Source, const char*> source = makeSource(context, path);
    if (!source || source->remembered.isMissing) {
        return false;
    }
    context.hasStandIn = true;
    context.sources.front() = std::move(*source);
    context.flight.end({});  // of those who ask for the same, everyone finds out for himself
    context.isEntryUsable = context.hasLookedAgain = false;
    retire(context);
    return true;
}

// A source is missing, which another request has found out.
void onMissing(RequestContext& context) {
    if (context.sources.front().remembered.isMissing && standIn(context)) {
        begin(context);
    } else {
        answerRefusal(context, Reason::notFound, "the origin has just said so");
    }
}

void onFailed(RequestContext& context, const Fetch& fetch) {
    const Reason reason = *fetch.refusal;
    const bool isMain = fetch.source == &context.sources.front();
    if (reason == Reason::notFound && isMain && standIn(context)) {
        begin(context);
        return;
    }
    const bool mayBeStale = isOriginsFailure(reason, fetch.status);
    if (mayBeStale && context.isEntryUsable) {
        tellFailure(context, reason);
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

// ------------------------------------------------------------------ refreshing

// Whoever waits for this answer too shares its failure.
void endRefresh(const RequestContext& context, Fetch& fetch) {
    FlightOutcome outcome;
    if (isShared(*fetch.refusal)) {
        outcome.end = FlightOutcome::End::failed;
        outcome.reason = *fetch.refusal;
        outcome.originStatus = static_cast<std::uint16_t>(context.originStatus);
    }
    fetch.refresh.end(outcome);
}

// Asks the origin whether it still has what the entry was made of; many derivatives of one image
// ask once.
void refresh(RequestContext& context, std::size_t index) {
    Source& source = context.sources[index];
    const EntrySource& kept = context.record->sources[index];
    const bool isFreshStill = isFresh(*source.known, nowInMilliseconds());
    if (!kept.reading.revision.isKnown() && !isFreshStill) {
        startMiss(context);
        return;
    }
    Boarding boarding = board(source.image);
    if (boarding.follows != 0) {
        waitForOther(context, boarding.follows);
        return;
    }
    auto conditional = std::make_unique<Fetch>();
    conditional->confirms = &kept;
    conditional->wantsBody = kept.reading.revision.isKnown();
    conditional->refresh = std::move(boarding.leads);
    fetch(context, source, Stage::refreshing, std::move(conditional));
}

// The original has changed, and its new body is here; or the fetch failed.
void onChanged(RequestContext& context, Fetch& fetch) {
    if (fetch.refusal) {
        endRefresh(context, fetch);
        onFetched(context);
        return;
    }
    context.isEntryUsable = false;
    if (fetch.source != &context.sources.front()) {
        retire(context);
        startMiss(context);
        return;
    }
    onFetched(context);
}

void onRefreshed(RequestContext& context) {
    Fetch& fetch = *context.fetches.back();
    if (!fetch.isConfirmed) {
        onChanged(context, fetch);
        return;
    }
    noteOrigin(context, fetch);
    fetch.source->known = confirmedBy(fetch.confirms->reading, fetch.reading);
    if (fetch.source == &context.sources.front() && hasLifetime(fetch.headers)) {
        context.record->cacheControl = fetch.headers.cacheControl;
        context.record->expires = fetch.headers.expires;
    }
    context.isRefreshed = true;
    retire(context);
    work(context);
}

// ------------------------------------------------------------------ the order of things

// What this request has to do itself, the entry found (if it is of use) being all there is.
void work(RequestContext& context) {
    if (!context.isEntryUsable) {
        startMiss(context);
        return;
    }
    const Decision decision = judge(context);
    if (!decision.allowed && hasReliableMarks(context)) {
        answerRefusal(context, decision.reason, "");
        return;
    }
    for (std::size_t i = 0; i < context.sources.size(); i++) {
        if (!isConfirmed(context, context.sources[i])) {
            refresh(context, i);
            return;
        }
    }
    sendEntry(context, decision,
              context.isRefreshed ? NGX_HTTP_CACHE_REVALIDATED : NGX_HTTP_CACHE_HIT);
}

// The entry may have come since it was looked for.
bool looksAgain(RequestContext& context) {
    const bool isNew = context.flight && !context.hasLookedAgain && !context.isAlone;
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
        context.isAlone = context.isUnkeepable = true;
        context.cache.close();
    }
    // What others did for all came to nothing: no queue forms a second time.
    context.isAlone = context.isAlone || (context.wasTold && !context.isEntryUsable);
    context.cacheStatus = context.isEntryUsable ? NGX_HTTP_CACHE_EXPIRED : NGX_HTTP_CACHE_MISS;
    if (!leads(context)) {
        return;
    }
    if (looksAgain(context)) {
        lookUp(context);
        return;
    }
    work(context);
}

void lookUp(RequestContext& context) {
    const DerivativeCache::Found found = context.cache.find(context.record);
    if (found == DerivativeCache::Found::later) {
        suspend(context, Stage::lookingUp);
        return;
    }
    onFound(context, found);
}

// ------------------------------------------------------------------ NGINX's handlers

bool isBypassed(const RequestContext& context) {
    return context.gate.cacheBypass != nullptr &&
           ngx_http_test_predicates(context.r, context.gate.cacheBypass) == NGX_DECLINED;
}

// False: refused.
bool addLayers(RequestContext& context) {
    for (const Step& step : context.parsed->transform.steps) {
        for (const Layer& layer : step.layers) {
            Result<Source, const char*> source = makeSource(context, layer.path);
            if (!source) {
                answerRefusal(context, Reason::internal, source.error());
                return false;
            }
            context.sources.push_back(std::move(*source));
        }
    }
    return true;
}

// Again when the default image has taken the original's place.
void begin(RequestContext& context) {
    if (context.gate.cache == nullptr) {
        context.isAlone = context.isUnkeepable = true;
        startMiss(context);
        return;
    }
    context.cache.use(context.r, context.gate, cacheKey(context));
    if (isBypassed(context)) {
        context.cacheStatus = NGX_HTTP_CACHE_BYPASS;
        context.isAlone = true;
        context.isUnkeepable = !context.cache.prepareUnseen();
        startMiss(context);
        return;
    }
    lookUp(context);
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
                lookUp(*context);
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
        if (isKnownMissing(*context)) {
            onMissing(*context);
        } else {
            begin(*context);
        }
    });
    return NGX_DONE;
}

}  // namespace

ngx_int_t enterWithDerivative(RequestContext& context) {
    ngx_http_request_t* r = context.r;
    context.originHandler = r->content_handler;
    context.nextPhase = r->phase_handler + 1;
    r->content_handler = handleDerivative;
    return NGX_OK;  // on to the content phase: try_files and mirror are for the origin's request
}

bool takePlace(RequestContext& context) {
    if (!context.place) {
        const bool isUnsignedAdhoc = context.parsed->asked == Asked::adhoc &&
                                     context.signature.signature != Signature::valid;
        context.place = RenderPlace::take(*context.gate.queue, isUnsignedAdhoc);
    }
    return static_cast<bool>(context.place);
}

void answerRefusal(RequestContext& context, Reason reason, const std::string& detail) {
    if (!context.isAnswered) {
        const ngx_int_t status = refuse(context, reason, detail);
        tellFailure(context, reason);
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
