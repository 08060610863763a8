// Refusals at the gate by what is known of an image, before its origin is asked; and what looks
// like a missing image to the client.
#pragma once

#include <optional>

#include "access/image_judgement.hpp"

namespace private_image {

// True if the reason is shown as a missing image, where private_image_denied_status is 404
// (`denialsLookMissing`). That also holds for images that the origin refuses: many origins, S3
// among them, refuse what is missing.
bool looksMissing(Reason reason, bool denialsLookMissing);

struct KnownAtGate {
    KnownJudgement judgement;
    bool isMissing = false;           // the origin has answered so a moment ago
    bool hasDefaultImage = false;     // sent in place of a missing image
    bool denialsLookMissing = false;  // private_image_denied_status 404
};

// The reason to refuse the request without asking the origin; empty: it goes on. Where a default
// image is sent in place of a missing image, it is also sent for a denial that looks like one.
std::optional<Reason> refuseByKnowledge(const KnownAtGate& known);

}  // namespace private_image
