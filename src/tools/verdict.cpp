// Why a signature counts or not, and until when. An operator who holds the keys may be told more
// than a client.
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

std::string whyBad(const SignatureVerdict& verdict, const SignatureClaim& claim, const Gate& gate,
                   std::int64_t now) {
    if (claim.shape == SignatureClaim::Shape::malformed) {
        return "it is malformed or given twice, or the URL does not begin with the prefix " +
               printable(gate.prefix);
    }
    if (verdict.expiryTooFar) {
        return "it expires too late: " + expiryText(verdict.expires, now);
    }
    return gate.keys.empty() ? "there is no key" : "no key made it for this URL";
}

}  // namespace

std::string verdictText(const SignatureVerdict& verdict, const SignatureClaim& claim,
                        const Gate& gate, std::int64_t now) {
    const std::string word = std::string(signatureWord(verdict.signature)) + ": ";
    switch (verdict.signature) {
        case Signature::none:
            return word + "the URL has no signature";
        case Signature::bad:
            return word + whyBad(verdict, claim, gate, now);
        case Signature::valid:
        case Signature::expired:
            break;
    }
    return word + "by key " + printable(gate.keys.nameOf(verdict.key)) + ", " +
           expiryText(verdict.expires, now);
}

}  // namespace private_image::tools
