#include "upload/outcome.hpp"

namespace private_image::upload {

namespace {

struct OutcomeRow {
    std::string_view word;
    unsigned imagekitStatus;
    unsigned cloudflareStatus;
};

// By the services' documents and clients, where they say; see docs/uploads.md.
OutcomeRow rowOf(Outcome outcome) {
    switch (outcome) {
        case Outcome::stored:
            return {"stored", 200, 200};
        case Outcome::noKey:
            return {"no_key", 401, 401};
        case Outcome::badKey:
            return {"bad_key", 403, 401};
        case Outcome::badToken:
            return {"bad_token", 400, 403};
        case Outcome::usedToken:
            return {"used_token", 400, 409};
        case Outcome::expired:
            return {"expired", 400, 403};
        case Outcome::badField:
            return {"bad_field", 400, 400};
        case Outcome::exists:
            return {"exists", 400, 409};
        case Outcome::tooLarge:
            return {"too_large", 413, 413};
        case Outcome::unsupportedType:
            return {"unsupported_type", 415, 415};
        case Outcome::damaged:
            return {"damaged", 422, 422};
        case Outcome::notServed:
            return {"not_served", 501, 501};
        case Outcome::notFound:
            return {"not_found", 404, 404};
        case Outcome::endedEarly:
            return {"ended_early", 400, 400};
        case Outcome::tooSlow:
            return {"too_slow", 408, 408};
        case Outcome::busy:
            return {"busy", 503, 503};
        case Outcome::storeError:
            return {"store_error", 502, 502};
        case Outcome::storeTimeout:
            return {"store_timeout", 504, 504};
        case Outcome::markUnseen:
            return {"mark_unseen", 500, 500};
    }
    return {"store_error", 502, 502};
}

}  // namespace

std::string_view outcomeWord(Outcome outcome) {
    return rowOf(outcome).word;
}

unsigned statusOf(Outcome outcome, Dialect dialect) {
    const OutcomeRow row = rowOf(outcome);
    return dialect == Dialect::cloudflare ? row.cloudflareStatus : row.imagekitStatus;
}

bool isFinal(Outcome outcome, bool isSentToStore) {
    switch (outcome) {
        case Outcome::usedToken:
        case Outcome::exists:
        case Outcome::notServed:
        case Outcome::markUnseen:
            return true;
        case Outcome::storeError:
        case Outcome::storeTimeout:
            return isSentToStore;
        default:
            return false;
    }
}

}  // namespace private_image::upload
