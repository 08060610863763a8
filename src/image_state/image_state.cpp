#include "image_state/image_state.hpp"

#include <algorithm>

namespace private_image {
namespace {

// The bytes that came with `own` are of its revision. If another revision was read later, the mark
// known now is not theirs: a mark that became public with a new upload does not make them public.
OriginState stateToJudgeBy(const OriginState& own, const OriginState& known) {
    if (known.observedAt <= own.observedAt || isSameRevision(own.revision, known.revision)) {
        return known;
    }
    OriginState result = own;
    if (known.mark == Mark::privateImage) {
        result.mark = Mark::privateImage;
    }
    return result;
}

}  // namespace

ImageState stateAt(const StoredImageState& stored, Milliseconds purgedAt, Milliseconds now) {
    ImageState state;
    state.purgedAt = purgedAt;
    const Milliseconds at = stored.originState.observedAt;
    if (stored.missingUntil != 0) {
        // The second comparison detects a clock that was set back.
        state.isMissing = now < stored.missingUntil && at <= now + clockLeeway;
        state.purgedAt = std::max(state.purgedAt, at);
    } else if (at != 0) {
        state.originState = stored.originState;
    }
    return state;
}

StoreResult storeAnswer(StoredImageState& stored, const OriginState& state, bool isVoid) {
    const bool isMissing = stored.missingUntil != 0;
    if (isMissing && (isVoid || state.observedAt < stored.originState.observedAt)) {
        return {state, false};
    }
    const OriginState known = mergeStates(stored.originState, state);
    if (!isVoid) {
        stored.originState = known;
        stored.missingUntil = 0;
    }
    return {stateToJudgeBy(state, known), !isVoid};
}

// The last state stays, because the original may come back unchanged.
bool storeNotFound(StoredImageState& stored, Milliseconds until, Milliseconds requestedAt) {
    if (stored.originState.observedAt > requestedAt) {
        return false;
    }
    stored.originState.observedAt = requestedAt;
    stored.missingUntil = std::max<Milliseconds>(until, 1);
    return true;
}

void storePurge(StoredImageState& stored, Milliseconds at) {
    stored.originState = {};
    stored.missingUntil = 0;
    stored.purgedAt = std::max(stored.purgedAt, at);
}

}  // namespace private_image
