// What is known of one image, and the rules by which answers of its origin change that.
#pragma once

#include <optional>

#include "image_state/origin_state.hpp"

namespace private_image {

// What is known of an image at a moment.
struct ImageState {
    std::optional<OriginState> originState;
    bool isMissing = false;     // the origin does not have it, and need not be asked again yet
    Milliseconds purgedAt = 0;  // answers to requests sent up to then are void; 0: never purged
};

// The same as it is stored.
struct StoredImageState {
    // While the original is missing: its last state, and in observedAt when it was found missing.
    OriginState originState;
    // Of an original that was never purged: the newest purge evicted before this record was added.
    Milliseconds purgedAt;
    Milliseconds missingUntil;  // 0: not missing
};

// Answers to requests sent up to `purgedAt` are void.
ImageState stateAt(const StoredImageState& stored, Milliseconds purgedAt, Milliseconds now);

struct StoreResult {
    OriginState judged;  // what to judge the answer by
    bool isStored = false;
};

// Stores what an answer states, unless `isVoid` (the image was purged after the answer's request),
// or the image was found missing after the answer. A private mark of the same revision stays. The
// answer is judged by the stored state, or by `state` itself if another revision was read later;
// then, too, private wins.
StoreResult storeAnswer(StoredImageState& stored, const OriginState& state, bool isVoid);

// Stores that a request sent at `requestedAt` did not find the image. False if the image was seen
// since.
bool storeNotFound(StoredImageState& stored, Milliseconds until, Milliseconds requestedAt);

// Stores a purge: the state and whether the image is missing are no longer known.
void storePurge(StoredImageState& stored, Milliseconds at);

}  // namespace private_image
