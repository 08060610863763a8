#include "nginx/derivative/cached_entry.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "nginx/original/origin_judgement.hpp"
#include "transform/canonical.hpp"

namespace private_image {

// Four parts with a bar between them, which none of them can hold, nor any of them a blank.
std::string cacheKey(const RequestContext& context) {
    std::string key;
    key.reserve(256);  // mostly enough
    key.append(percentEncodePath(view(context.identity))).append("|");
    key.append(percentEncodePath(view(context.sources.front().uri))).append("|");
    key.append(canonicalText(context.parsed->transform)).append("|");
    key.append(context.gate.settingsDigest);
    if (context.negotiated) {
        key.append(",auto=");
        for (const Format format : context.acceptedFormats) {
            key.append(formatName(format)).append("+");
        }
    }
    return key;
}

OriginState confirmedBy(const OriginState& kept, const OriginState& later) {
    OriginState known = mergeStates(kept, later);
    if (!kept.revision.isKnown()) {
        known.mark = kept.mark == Mark::privateImage ? Mark::privateImage : known.mark;
        known.freshUntil = kept.freshUntil;
    }
    return known;
}

namespace {

// Joins what the entry says of a source with what the memory says. False: the entry is void.
bool joinKnowledge(const EntryRecord& entry, const EntrySource& kept, Source& source) {
    const ImageState& memory = source.remembered;
    if (kept.image != source.image || kept.path != source.path ||
        memory.purgedAt >= entry.requestedAt || memory.isMissing) {
        return false;
    }
    source.known = kept.originState;
    if (!memory.originState) {
        return true;
    }
    const bool isOther = memory.originState->revision != kept.originState.revision;
    if (isOther && memory.originState->observedAt >= kept.originState.observedAt) {
        return false;
    }
    source.known = confirmedBy(kept.originState, *memory.originState);
    return true;
}

}  // namespace

bool joinKnowledge(RequestContext& context) {
    const EntryRecord& entry = *context.record;
    const Milliseconds now = nowInMilliseconds();
    if (entry.requestedAt > now + clockLeeway || entry.encoder != encoderFingerprint() ||
        entry.sources.size() != context.sources.size()) {
        return false;
    }
    const bool hasWaited = context.stage != RequestContext::Stage::none;
    for (std::size_t i = 0; i < context.sources.size(); i++) {
        Source& source = context.sources[i];
        if (hasWaited) {
            source.remembered = readImageState(source.image, now, context.r->connection->log);
        }
        if (!joinKnowledge(entry, entry.sources[i], source)) {
            return false;
        }
    }
    return true;
}

bool isWholeConfirmed(const RequestContext& context) {
    return std::all_of(context.sources.begin(), context.sources.end(),
                       [&](const Source& source) { return isConfirmed(context, source); });
}

bool isConfirmed(const RequestContext& context, const Source& source) {
    return isConfirmed(accessOf(context), judgedImage(context, source), nowInMilliseconds());
}

KnownJudgement judgeSource(const RequestContext& context, const Source& source) {
    return judgeKnown(accessOf(context), judgedImage(context, source), nowInMilliseconds());
}

Decision judge(RequestContext& context) {
    Decision whole;
    context.mark = Mark::unknown;
    const RequestAccess access = accessOf(context);
    const Milliseconds now = nowInMilliseconds();
    for (const Source& source : context.sources) {
        const bool isMain = &source == &context.sources.front();
        const auto [mark, decision] = judgeKnown(access, judgedImage(context, source), now);
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

bool isOriginalDenied(const RequestContext& context) {
    const auto [mark, decision] = judgeSource(context, context.sources.front());
    return mark != Mark::unknown && !decision.allowed;
}

bool hasReliableMarks(const RequestContext& context) {
    return std::all_of(context.sources.begin(), context.sources.end(), [&](const Source& source) {
        return judgeSource(context, source).mark != Mark::unknown;
    });
}

}  // namespace private_image
