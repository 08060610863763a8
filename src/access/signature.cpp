#include "access/signature.hpp"

namespace private_image {
namespace {

bool expiresTooLate(std::int64_t expires, std::int64_t now, std::int64_t maxExpiry) {
    if (maxExpiry <= 0) {
        return false;
    }
    // Subtracted, not added: a very large limit in the configuration must not overflow.
    return expires == 0 || expires - now - expiryLeeway > maxExpiry;
}

}  // namespace

std::string_view signatureWord(Signature signature) {
    switch (signature) {
        case Signature::none:
            return "none";
        case Signature::valid:
            return "valid";
        case Signature::bad:
            return "bad";
        case Signature::expired:
            return "expired";
    }
    return "";
}

SignatureVerdict verify(const SignatureClaim& claim, const KeyRing& keys, std::int64_t now,
                        std::int64_t maxExpiry) {
    if (claim.shape == SignatureClaim::Shape::absent) {
        return {};
    }
    SignatureVerdict verdict{.signature = Signature::bad};
    if (claim.shape == SignatureClaim::Shape::malformed) {
        return verdict;
    }
    const int key = keys.match(claim.signedText, claim.digest);
    if (key < 0) {
        return verdict;
    }
    verdict.key = key;
    verdict.expires = claim.expires;
    if (claim.expires != 0 && now > claim.expires) {
        verdict.signature = Signature::expired;
        return verdict;
    }
    if (expiresTooLate(claim.expires, now, maxExpiry)) {
        verdict.expiryTooFar = true;
        return verdict;
    }
    verdict.signature = Signature::valid;
    return verdict;
}

}  // namespace private_image
