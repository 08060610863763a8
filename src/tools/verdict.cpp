// The text has more detail than a client gets: it is for an operator, who has the keys.
#include "tools/verdict.hpp"

#include "tools/times.hpp"

namespace private_image::tools {
namespace {

std::string expiryText(std::int64_t expires, std::int64_t now) {
    if (expires == 0) {
        return "never expires";
    }
    return std::string(now > expires ? "expired " : "expires ") + instantText(expires) + ", " +
           distanceText(now, expires);
}

std::string invalidityText(const SignatureVerdict& verdict, const SignatureClaim& claim,
                           const GateRules& rules, std::int64_t now) {
    if (claim.shape == SignatureClaim::Shape::malformed) {
        return "it is malformed or given twice, or the URL does not begin with the prefix " +
               printable(rules.prefix);
    }
    if (verdict.expiryTooFar) {
        return "it expires too late: " + expiryText(verdict.expires, now);
    }
    return rules.keys.empty() ? "there is no key" : "no key made it for this URL";
}

}  // namespace

std::string verdictText(const SignatureVerdict& verdict, const SignatureClaim& claim,
                        const GateRules& rules, std::int64_t now) {
    const std::string word = std::string(signatureWord(verdict.signature)) + ": ";
    switch (verdict.signature) {
        case Signature::none:
            return word + "the URL has no signature";
        case Signature::bad:
            return word + invalidityText(verdict, claim, rules, now);
        case Signature::valid:
        case Signature::expired:
            break;
    }
    return word + "by key " + printable(rules.keys.nameOf(verdict.key)) + ", " +
           expiryText(verdict.expires, now);
}

}  // namespace private_image::tools
