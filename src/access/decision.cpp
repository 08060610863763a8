#include "access/decision.hpp"

namespace private_image {
namespace {

Decision allow(Reason reason) {
    return {.allowed = true, .reason = reason};
}

Decision refuse(Reason reason) {
    return {.allowed = false, .reason = reason};
}

bool isValid(const SignatureVerdict& verdict) {
    return verdict.signature == Signature::valid;
}

// A bad or expired signature is treated like a missing one, but the reason names it.
Decision refuseForSignature(const SignatureVerdict& verdict) {
    switch (verdict.signature) {
        case Signature::none:
            return refuse(Reason::unsignedUrl);
        case Signature::expired:
            return refuse(Reason::expired);
        case Signature::bad:
            return refuse(verdict.expiryTooFar ? Reason::expiryTooFar : Reason::badSignature);
        case Signature::valid:
            break;
    }
    return refuse(Reason::internal);
}

// True if a signature is needed for every mark.
bool alwaysNeedsSignature(RequestKind requestKind, AccessPolicy policy) {
    return policy.signatureAlways ||
           (requestKind == RequestKind::adhoc && policy.adhoc == Adhoc::withSignature);
}

}  // namespace

std::optional<Decision> refuseBeforeUrl(const SignatureVerdict& signature, AccessPolicy policy) {
    if (policy.signatureAlways && !isValid(signature)) {
        return refuseForSignature(signature);
    }
    return std::nullopt;
}

std::optional<Decision> refuseBeforeMark(RequestKind requestKind, const SignatureVerdict& signature,
                                         AccessPolicy policy) {
    if (const auto refusal = refuseBeforeUrl(signature, policy)) {
        return refusal;
    }
    if (requestKind == RequestKind::adhoc && policy.adhoc == Adhoc::off) {
        return refuse(Reason::adhocOff);
    }
    if (alwaysNeedsSignature(requestKind, policy) && !isValid(signature)) {
        return refuseForSignature(signature);
    }
    return std::nullopt;
}

Decision decide(RequestKind requestKind, Mark mark, const SignatureVerdict& signature,
                AccessPolicy policy) {
    if (const auto refusal = refuseBeforeMark(requestKind, signature, policy)) {
        return *refusal;
    }
    const bool isPublic = mark == Mark::publicImage;
    if (!isPublic && requestKind == RequestKind::adhoc && policy.adhoc == Adhoc::publicOnly) {
        return refuse(Reason::adhocOff);
    }
    if (alwaysNeedsSignature(requestKind, policy)) {
        return allow(Reason::signedUrl);
    }
    if (isPublic) {
        return allow(Reason::publicImage);
    }
    if (requestKind == RequestKind::publicVariant) {
        return allow(Reason::variant);
    }
    return isValid(signature) ? allow(Reason::signedUrl) : refuseForSignature(signature);
}

Decision decideUntransformed(RequestKind requestKind, Mark mark, const SignatureVerdict& signature,
                             AccessPolicy policy) {
    const Decision transformed = decide(requestKind, mark, signature, policy);
    if (!transformed.allowed) {
        return transformed;
    }
    const Decision original = decide(RequestKind::original, mark, signature, policy);
    const bool hidesOriginal =
        requestKind == RequestKind::publicVariant && mark != Mark::publicImage;
    if (!original.allowed || hidesOriginal) {
        return refuse(Reason::unsupportedType);
    }
    return transformed.reason == Reason::signedUrl ? transformed : original;
}

}  // namespace private_image
