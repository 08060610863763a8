#include "image_state/entry_knowledge.hpp"

namespace private_image {

bool isEntryValid(const EntryRecord& entry, std::uint64_t encoder, std::size_t imageCount,
                  Milliseconds now) {
    return entry.requestedAt <= now + clockLeeway && entry.encoder == encoder &&
           entry.sources.size() == imageCount;
}

std::optional<OriginState> joinKnowledge(const EntrySource& kept, Milliseconds requestedAt,
                                         const NeededImage& needed) {
    const ImageState& remembered = needed.remembered;
    if (kept.image != needed.image || kept.path != needed.path ||
        remembered.purgedAt >= requestedAt || remembered.isMissing) {
        return std::nullopt;
    }
    if (!remembered.originState) {
        return kept.originState;
    }
    const OriginState& later = *remembered.originState;
    const bool isOther = later.revision != kept.originState.revision;
    if (isOther && later.observedAt >= kept.originState.observedAt) {
        return std::nullopt;
    }
    return confirmedBy(kept.originState, later);
}

OriginState confirmedBy(const OriginState& kept, const OriginState& later) {
    OriginState known = mergeStates(kept, later);
    if (!kept.revision.isKnown()) {
        known.mark = kept.mark == Mark::privateImage ? Mark::privateImage : known.mark;
        known.freshUntil = kept.freshUntil;
    }
    return known;
}

OriginState knownAfterRender(const OriginState& fetched, const ImageState& remembered) {
    OriginState known = fetched;
    if (remembered.originState && remembered.originState->mark == Mark::privateImage) {
        known.mark = Mark::privateImage;
    }
    return known;
}

}  // namespace private_image
