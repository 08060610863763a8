// ImageKit's signed URLs: `ik-s` is an HMAC over the path below the prefix, the query, and the
// expiry of `ik-t`.
#include "dialect/imagekit/imagekit.hpp"
#include "dialect/signed_target.hpp"

namespace private_image::imagekit {
namespace {

// Path and expiry are signed without a separator. No digit can be moved between them, because an
// expiry has exactly ten digits, of which the first is not zero.
constexpr SignatureFormat format{.digestName = signatureParameter,
                                 .digestLength = 40,
                                 .expiryName = expiryParameter,
                                 .minExpiryDigits = 10,
                                 .maxExpiryDigits = 10};

// Signed as the expiry of a URL without `ik-t`; written out, it has the same meaning.
constexpr std::int64_t neverExpires = 9999999999;

}  // namespace

SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix) {
    SignatureClaim claim = readClaim(rawTarget, prefix, format);
    if (claim.shape != SignatureClaim::Shape::present) {
        return claim;
    }
    const std::int64_t signedExpiry = claim.expires == 0 ? neverExpires : claim.expires;
    claim.signedText = withoutRawParameters(rawTarget.substr(prefix.size()),
                                            {format.digestName, format.expiryName});
    claim.signedText += std::to_string(signedExpiry);
    claim.expires = signedExpiry == neverExpires ? 0 : signedExpiry;
    return claim;
}

Result<std::string, std::string> signTarget(const UnsignedUrl& url, std::string_view prefix,
                                            const SigningKey& key, std::int64_t expires) {
    std::string error = signingError(url.query, expires, format);
    if (error.empty() && expires == neverExpires) {
        error = "an expiry of " + std::to_string(neverExpires) + " would mean never";
    }
    if (!error.empty()) {
        return Error{std::move(error)};
    }
    std::string target = url.path + url.query;
    const std::int64_t signedExpiry = expires == 0 ? neverExpires : expires;
    const std::string digest =
        key.sign(target.substr(prefix.size()) + std::to_string(signedExpiry));
    if (expires != 0) {
        target = withParameter(target, format.expiryName, std::to_string(expires));
    }
    return withParameter(target, format.digestName, digest);
}

std::string redactedTarget(std::string_view rawTarget) {
    return withoutRawParameters(rawTarget, {format.digestName});
}

}  // namespace private_image::imagekit
