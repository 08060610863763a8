#include "access/early_refusal.hpp"

namespace private_image {

bool looksMissing(Reason reason, bool denialsLookMissing) {
    return denialsLookMissing && (isDenial(reason) || reason == Reason::originRefused);
}

std::optional<Reason> refuseByKnowledge(const KnownAtGate& known) {
    const Decision& decision = known.judgement.decision;
    const bool isDenied = known.judgement.mark != Mark::unknown && !decision.allowed;
    const bool isDefaultImageSent =
        known.hasDefaultImage && looksMissing(decision.reason, known.denialsLookMissing);
    if (isDenied && !isDefaultImageSent) {
        return decision.reason;
    }
    if (known.isMissing && !known.hasDefaultImage) {
        return Reason::notFound;
    }
    return std::nullopt;
}

}  // namespace private_image
