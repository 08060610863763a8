// The one decision: what is asked, the image's mark, the signature and the policy make allowed or
// refused, with a reason. Knows nothing of how it is answered.
#pragma once

#include <cstdint>
#include <optional>

#include "access/privacy_mark.hpp"
#include "access/reason.hpp"
#include "access/signature.hpp"

namespace private_image {

enum class Asked : std::uint8_t { original, publicVariant, signedVariant, adhoc };

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

// The refusals that need neither the URL nor the mark: a signature missing under `always`.
std::optional<Decision> refuseBeforeUrl(const SignatureVerdict& signature, AccessPolicy policy);

// The refusals that need no mark: also ad-hoc off, or ad-hoc without the signature it needs.
std::optional<Decision> refuseBeforeMark(Asked asked, const SignatureVerdict& signature,
                                         AccessPolicy policy);

// The whole decision. An unknown mark is judged as private.
Decision decide(Asked asked, Mark mark, const SignatureVerdict& signature, AccessPolicy policy);

// The decision about an image that is to be delivered untransformed, though a transformation was
// asked for: allowed to those who may see both what they asked for and the original. Else the
// refusal of what was asked, or Reason::unsupportedType. A public variant of an image that is not
// public is refused with any signature.
Decision decideUntransformed(Asked asked, Mark mark, const SignatureVerdict& signature,
                             AccessPolicy policy);

}  // namespace private_image
