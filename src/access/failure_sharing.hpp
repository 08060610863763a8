// Requests for the same derivative wait for one of them, the leader. Which of its failures the
// others, the followers, share, and what a follower has to be judged by before it gets one.
#pragma once

#include <optional>
#include <span>

#include "access/image_judgement.hpp"

namespace private_image {

// True if every request for the same derivative would fail in this way. Denials are not shared: the
// next request may have another signature; nor are failures of this server.
bool isSharedFailure(Reason reason);

// True for what stale derivatives are for: the origin does not answer, or answers with 5xx. What it
// withdraws or moves is no failure. `status`: of its answer; 0: it sent no answer.
bool isOriginFailure(Reason reason, unsigned status);

struct LeaderFailure {
    Reason reason = Reason::internal;
    Mark mark = Mark::unknown;  // of all images that the leader has read, the strictest
    bool hasRead = false;       // the leader has read a mark
};

// The refusal of a follower that may not see one of the images, and so must not learn how the
// leader failed. Empty: it shares the failure. Failures that come before any mark is read are
// shared without a judgement; they are the same for private and public images.
std::optional<Decision> refuseFollower(const RequestAccess& access,
                                       std::span<const JudgedImage> images,
                                       const LeaderFailure& failure, Milliseconds now);

}  // namespace private_image
