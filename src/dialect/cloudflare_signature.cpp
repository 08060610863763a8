// Cloudflare's signed URL tokens: which bytes `sig` was taken over, and until when `exp` lets it
// count. Keys, time and the rest of the URL are left to others.
#include "dialect/cloudflare.hpp"
#include "dialect/signed_target.hpp"

namespace private_image::cloudflare {
namespace {

constexpr SignatureFormat format{.digestName = "sig",
                                 .digestLength = 64,
                                 .expiryName = "exp",
                                 .shortestExpiry = 1,
                                 .longestExpiry = 12};

}  // namespace

SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix) {
    SignatureClaim claim = readClaim(rawTarget, prefix, format);
    if (claim.shape == SignatureClaim::Shape::present) {
        // `exp` stays in: it is signed where it stands, like every other parameter.
        claim.signedText = withoutRawParameters(rawTarget, {format.digestName});
    }
    return claim;
}

std::string redactedTarget(std::string_view rawTarget) {
    return withoutRawParameters(rawTarget, {format.digestName});
}

}  // namespace private_image::cloudflare
