#include "upload/outcome.hpp"

namespace private_image::upload {

namespace {

struct OutcomeRow {
    std::string_view word;
    unsigned imagekitStatus;
    unsigned cloudflareStatus;
    unsigned cloudflareCode;
};

// By the services' documents and clients, where they say; see docs/uploads.md.
OutcomeRow rowOf(Outcome outcome) {
    switch (outcome) {
        case Outcome::stored:
            return {"stored", 200, 200, 0};
        case Outcome::done:
            return {"done", 200, 200, 0};
        case Outcome::noKey:
            return {"no_key", 401, 401, 10000};
        case Outcome::badKey:
            return {"bad_key", 403, 401, 10000};
        case Outcome::badToken:
            return {"bad_token", 400, 403, 5403};
        case Outcome::usedToken:
            return {"used_token", 400, 409, 5409};
        case Outcome::expired:
            return {"expired", 400, 403, 5403};
        case Outcome::badField:
            return {"bad_field", 400, 400, 5400};
        case Outcome::exists:
            return {"exists", 400, 409, 5409};
        case Outcome::tooLarge:
            return {"too_large", 413, 413, 7011};
        case Outcome::unsupportedType:
            return {"unsupported_type", 415, 415, 5455};
        case Outcome::damaged:
            return {"damaged", 422, 422, 9422};
        case Outcome::notServed:
            return {"not_served", 501, 501, 5400};
        case Outcome::notFound:
            return {"not_found", 404, 404, 5404};
        case Outcome::endedEarly:
            return {"ended_early", 400, 400, 5400};
        case Outcome::tooSlow:
            return {"too_slow", 408, 408, 5400};
        case Outcome::busy:
            return {"busy", 503, 503, 5400};
        case Outcome::storeError:
            return {"store_error", 502, 502, 5400};
        case Outcome::storeTimeout:
            return {"store_timeout", 504, 504, 5400};
        case Outcome::markUnseen:
            return {"mark_unseen", 500, 500, 5400};
    }
    return {"store_error", 502, 502, 5400};
}

}  // namespace

std::string_view outcomeWord(Outcome outcome) {
    return rowOf(outcome).word;
}

unsigned statusOf(Outcome outcome, Dialect dialect) {
    const OutcomeRow row = rowOf(outcome);
    return dialect == Dialect::cloudflare ? row.cloudflareStatus : row.imagekitStatus;
}

unsigned statusOf(const UploadError& error, Dialect dialect) {
    const bool isForbidden = dialect == Dialect::cloudflare && error.code == otherAccountCode;
    return isForbidden ? 403 : statusOf(error.outcome, dialect);
}

unsigned cloudflareCodeOf(const UploadError& error) {
    return error.code == 0 ? rowOf(error.outcome).cloudflareCode : error.code;
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
