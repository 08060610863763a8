// The access decision: requested form, the image's mark, signature and policy determine whether a
// request is allowed or refused, and the reason. The rules are the table in docs/privacy-model.md.
#pragma once

#include <cstdint>
#include <optional>

#include "access/privacy_mark.hpp"
#include "access/reason.hpp"
#include "access/signature.hpp"

namespace private_image {

enum class RequestKind : std::uint8_t { original, publicVariant, signedVariant, adhoc };

// private_image_adhoc
enum class Adhoc : std::uint8_t { off, publicOnly, withSignature, on };

struct AccessPolicy {
    bool signatureAlways = false;  // private_image_signature always
    Adhoc adhoc = Adhoc::on;
};

struct Decision {
    bool allowed = false;
    Reason reason = Reason::internal;
};

// The refusals that depend neither on the URL nor on the mark: a missing or invalid signature with
// private_image_signature always. Empty: not refused so far.
std::optional<Decision> refuseBeforeUrl(const SignatureVerdict& signature, AccessPolicy policy);

// The refusals that do not depend on the mark: in addition ad-hoc off, and an ad-hoc transformation
// without the signature that it needs.
std::optional<Decision> refuseBeforeMark(RequestKind requestKind, const SignatureVerdict& signature,
                                         AccessPolicy policy);

// The whole decision. An unknown mark is judged as private.
Decision decide(RequestKind requestKind, Mark mark, const SignatureVerdict& signature,
                AccessPolicy policy);

// The decision about sending the original in place of a requested transformation. Allowed if both
// the transformation and the original are. Otherwise the refusal of the transformation, or
// Reason::unsupportedType. A public variant of an image that is not public is refused, even with a
// valid signature.
Decision decideUntransformed(RequestKind requestKind, Mark mark, const SignatureVerdict& signature,
                             AccessPolicy policy);

}  // namespace private_image
