// Renders what was fetched, stores the result where that is allowed, and answers.
#include <algorithm>

#include "access/render_reason.hpp"
#include "image_state/entry_knowledge.hpp"
#include "nginx/derivative/derivative.hpp"
#include "nginx/derivative/record.hpp"
#include "transform/names.hpp"

namespace private_image {
namespace {

constexpr const char* renderTimedOut = "private_image_render_timeout has passed";
constexpr const char* poolIsFull = "the thread pool's queue is full";

bool isDeliveredAsItIs(const Gate& gate, const Fetch& fetch) {
    const auto& rendered = gate.render.sourceTypes;
    return fetch.type == SourceType::svg &&
           std::ranges::find(rendered, SourceType::svg) == rendered.end();
}

}  // namespace

void Derivative::startRender() {
    cacheControl_ = combinedCacheControl(lifetimesOf(fetches_));
    if (isDeliveredAsItIs(context_.gate, *fetches_.front())) {
        deliverSvg();
        return;
    }
    changeStage(Stage::rendering);
    auto job = std::make_shared<RenderJob>();
    for (const auto& fetch : fetches_) {
        job->sources.push_back(std::move(fetch->body));
    }
    job->transform = context_.target.parsed->transform;
    job->input.transform = &job->transform;
    job->input.settings = &context_.gate.render;
    job->input.negotiated = context_.target.acceptedFormats;
    job->digestsSources = revisionOf(fetches_).empty();
    openResultFile(*job);
    const auto* core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(context_.r, ngx_http_core_module));
    job->temporaryFolder = view(core->client_body_temp_path->name);
    if (job->file) {
        // As NGINX does with what it will cache: it is finished also if this client leaves.
        context_.r->read_event_handler = ngx_http_block_reading;
    } else {
        flight_.end({FlightOutcome::End::notStored});
    }
    job->finished = [this](RenderJob& done, JobEnd end) {
        onEventLoop([&] { onJobEnd(done, end); });
    };
    job->timeout = std::chrono::milliseconds(context_.gate.renderTimeout);
    job_ = job;
    context_.facts.job = job;
    if (!submit(job, std::move(place_), *context_.gate.pool, log())) {
        refuseRequest(Reason::busy, poolIsFull);
    }
}

void Derivative::openResultFile(RenderJob& job) {
    if (!cache_.isInUse() || isUnkeepable_ || !mayBeStored(lifetimesOf(fetches_))) {
        return;
    }
    EntryRecord expected = makeRecord(fetches_, context_.facts.sourceBytes);
    entityTag_.assign(entityTagLength, '"');
    expected.entityTag = entityTag_;
    expected.cacheControl = cacheControl_;
    const std::string record = writeRecord(expected);
    if (!record.empty()) {
        job.file = cache_.create(record.size());
    }
}

void Derivative::onJobEnd(RenderJob& job, JobEnd end) {
    switch (end) {
        case JobEnd::rendered:
            onRendered(job);
            return;
        case JobEnd::expired:
            refuseRequest(Reason::timeout, renderTimedOut);
            return;
        case JobEnd::notStarted:
            refuseRequest(Reason::busy, poolIsFull);
            return;
    }
}

void Derivative::onRendered(RenderJob& job) {
    context_.facts.sourceType = job.outcome.sourceType;
    context_.facts.sourceSize = job.outcome.sourceSize;
    if (!job.outcome.rendered) {
        const Reason reason = reasonOf(job.outcome.problem);
        const std::string prefix = reason == Reason::timeout ? renderTimedOut : "";
        refuseRequest(reason, prefix + job.outcome.detail);
        return;
    }
    logDebug(log(), "rendered", formatName(job.outcome.rendered->format));
    fillRecord(job);
    storeResult(job);
    answerRendered();
}

void Derivative::fillRecord(const RenderJob& job) {
    const Rendered& rendered = *job.outcome.rendered;
    isEntryUsable_ = false;
    entityTag_ = makeEntityTag(revisionOf(fetches_), job, context_.gate);
    EntryRecord& record = record_.emplace(makeRecord(fetches_, context_.facts.sourceBytes));
    record.entityTag = entityTag_;
    record.cacheControl = cacheControl_;
    record.format = rendered.format;
    record.size = rendered.size;
    record.outputBytes = rendered.bytes.size;
    record.sourceType = *context_.facts.sourceType;
    record.sourceSize = context_.facts.sourceSize;
}

// The followers are woken before this client is answered. The file has the result also where it
// gets no place in the cache.
void Derivative::storeResult(RenderJob& job) {
    const bool isStored = job.file && cache_.keep(writeRecord(*record_), job.fileError);
    if (job.file && job.fileError == 0) {
        job.sentFrom = std::move(job.file);
    }
    if (!isStored) {
        cache_.close();
    }
    logDebug(log(), "result", isStored ? "stored" : "not stored");
    flight_.end({isStored ? FlightOutcome::End::done : FlightOutcome::End::notStored});
}

// An SVG goes out as it came, with the original's validators, and is not stored.
void Derivative::deliverSvg() {
    Fetch& fetch = *fetches_.front();
    place_ = RenderPlace();
    cache_.close();
    isEntryUsable_ = false;
    flight_.end({FlightOutcome::End::notStored});
    if (!fetch.body.load()) {
        refuseRequest(Reason::originError, "the source can no longer be read");
        return;
    }
    svgMemory_ = ResultMemory::takeInEmergency(fetch.body.size());
    if (!svgMemory_) {
        refuseRequest(Reason::busy, "drawings that clients read slowly fill the memory");
        return;
    }
    context_.facts.sourceType = fetch.type;
    EntryRecord& record = record_.emplace(makeRecord(fetches_, context_.facts.sourceBytes));
    record.entityTag = fetch.headers.etag;
    record.cacheControl = cacheControl_;
    record.outputBytes = fetch.body.size();
    svg_ = std::move(fetch.body);
    answerRendered();
}

// Judged once more: the image may have become private while it was rendered.
void Derivative::answerRendered() {
    for (const auto& fetch : fetches_) {
        Source& source = *fetch->source;
        source.known = knownAfterRender(fetch->originState,
                                        readImageState(source.image, nowInMilliseconds(), log()));
        source.observedAt = source.known->observedAt;
    }
    Decision decision = judge();
    if (decision.allowed && svg_) {
        decision = decideUntransformed(context_.target.parsed->requestKind, context_.access.mark,
                                       context_.access.signature, context_.gate.policy);
    }
    if (!decision.allowed) {
        refuseRequest(decision.reason, "");
        return;
    }
    context_.access.reason = decision.reason;
    const DerivativeBody body = svg_ ? DerivativeBody(SvgBody{*svg_, fetches_.front()->contentType})
                                     : DerivativeBody(RenderedBody{*job_});
    finish(sendDerivative(context_, *record_, body, usesDefaultImage_));
}

}  // namespace private_image
