// Renders what was fetched, keeps the result where that is allowed, and answers.
#include <algorithm>

#include "nginx/derivative/cached_entry.hpp"
#include "nginx/derivative/steps.hpp"
#include "nginx/request/response_headers.hpp"

namespace private_image {
namespace {

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
            fetch.originState};
}

// What all origins said together; of a value that is given twice the strictest counts.
std::string cacheControlOfAll(const RequestContext& context) {
    const auto& fetches = context.fetches;
    std::string all = fetches.front()->headers.cacheControl;
    if (fetches.size() == 1) {
        return all;
    }
    for (std::size_t i = 0; i < fetches.size(); i++) {
        const AnswerHeaders& headers = fetches[i]->headers;
        if (i != 0 && !headers.cacheControl.empty()) {
            all += (all.empty() ? "" : ", ") + headers.cacheControl;
        }
        if (headers.expires && !readOriginLifetime(headers.cacheControl, {}).maxAge) {
            const auto left = std::max<std::int64_t>(*headers.expires, 0);
            all += (all.empty() ? "max-age=" : ", max-age=") + std::to_string(left);
        }
    }
    return all;
}

// The record of what is being rendered; what the render finds out is filled in behind it.
EntryRecord recordOf(const RequestContext& context) {
    const Fetch& original = *context.fetches.front();
    EntryRecord record;
    record.encoder = encoderFingerprint();
    record.requestedAt = original.requestedAt;
    for (const auto& fetch : context.fetches) {
        record.sources.push_back(entrySourceOf(*fetch));
        record.requestedAt = std::min(record.requestedAt, fetch->requestedAt);
    }
    record.sourceBytes = context.sourceBytes;
    record.lastModified = original.headers.lastModifiedTime;
    record.cacheControl = context.cacheControl;
    record.expires = context.fetches.size() == 1 ? original.headers.expires : std::nullopt;
    record.accelExpires = original.headers.accelExpires;
    record.hasOwnLifetime = std::ranges::any_of(context.fetches, [](const auto& fetch) {
        return hasOwnLifetime(fetch->headers, fetch->headers.ignored);
    });
    record.age = original.headers.age;
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
               return mayBeKept(lifetimeForCache(fetch->headers, fetch->headers.ignored));
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

// Everybody learns how it ended before this client is answered. The file has the result also where
// it gets no place in the cache.
void keepResult(RequestContext& context, RenderJob& job) {
    const bool isKept = job.file && context.cache.keep(writeRecord(*context.record), job.fileError);
    if (job.file && job.fileError == 0) {
        job.sentFrom = std::move(job.file);
    }
    if (!isKept) {
        context.cache.close();
    }
    context.flight.end({isKept ? FlightOutcome::End::done : FlightOutcome::End::notStored});
}

// Judged once more: the image may have become private while it was rendered.
void answerRendered(RequestContext& context) {
    for (const auto& fetch : context.fetches) {
        Source& source = *fetch->source;
        source.known = fetch->originState;
        if (const auto later =
                readImageState(source.image, nowInMilliseconds(), context.r->connection->log)
                    .originState) {
            source.known->mark =
                later->mark == Mark::privateImage ? later->mark : source.known->mark;
        }
        source.observedAt = source.known->observedAt;
    }
    Decision decision = judge(context);
    if (decision.allowed && context.svg) {
        decision = decideUntransformed(context.parsed->requestKind, context.mark, context.signature,
                                       context.gate.policy);
    }
    if (!decision.allowed) {
        answerRefusal(context, decision.reason, "");
        return;
    }
    context.reason = decision.reason;
    finish(context, sendDerivative(context));
}

bool isDeliveredAsItIs(const Gate& gate, const Fetch& fetch) {
    const auto& rendered = gate.render.sourceTypes;
    return fetch.type == SourceType::svg &&
           std::ranges::find(rendered, SourceType::svg) == rendered.end();
}

// An SVG goes out as it came, with the original's validators, and is not kept.
void deliverSvg(RequestContext& context) {
    Fetch& fetch = *context.fetches.front();
    context.place = RenderPlace();
    context.cache.close();
    context.isEntryUsable = false;
    context.flight.end({FlightOutcome::End::notStored});
    if (!fetch.body.load()) {
        answerRefusal(context, Reason::originError, "the source can no longer be read");
        return;
    }
    context.svgMemory = ResultMemory::takeInEmergency(fetch.body.size());
    if (!context.svgMemory) {
        answerRefusal(context, Reason::busy, "drawings that clients read slowly fill the memory");
        return;
    }
    context.entityTag = fetch.headers.etag;
    context.sourceType = fetch.type;
    EntryRecord& record = context.record.emplace(recordOf(context));
    record.outputBytes = fetch.body.size();
    context.svg = std::move(fetch.body);
    answerRendered(context);
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

}  // namespace

void startRender(RequestContext& context) {
    context.cacheControl = cacheControlOfAll(context);
    if (isDeliveredAsItIs(context.gate, *context.fetches.front())) {
        deliverSvg(context);
        return;
    }
    context.stage = RequestContext::Stage::rendering;
    auto job = std::make_shared<RenderJob>();
    for (const auto& fetch : context.fetches) {
        job->sources.push_back(std::move(fetch->body));
    }
    job->transform = context.parsed->transform;
    job->input.transform = &job->transform;
    job->input.settings = &context.gate.render;
    job->input.negotiated = context.acceptedFormats;
    job->digestsSources = lacksRevision(context);
    openResultFile(context, *job);
    const auto* core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(context.r, ngx_http_core_module));
    job->temporaryFolder = view(core->client_body_temp_path->name);
    if (job->file) {
        // As NGINX does with what it will cache: it is finished also if this client leaves.
        context.r->read_event_handler = ngx_http_block_reading;
    } else {
        context.flight.end({FlightOutcome::End::notStored});
    }
    job->finished = [&context](RenderJob& done, JobEnd end) {
        onEventLoop(context, [&] { onJobEnd(context, done, end); });
    };
    context.job = job;
    job->timeout = std::chrono::milliseconds(context.gate.renderTimeout);
    if (!submit(job, std::move(context.place), *context.gate.pool, context.r->connection->log)) {
        answerRefusal(context, Reason::busy, "the thread pool's queue is full");
    }
}

}  // namespace private_image
