// Cloudflare's signed URL tokens: `sig` is an HMAC over the target with `exp`.
#include <glib.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/signed_target.hpp"

namespace private_image::cloudflare {
namespace {

constexpr SignatureFormat format{.digestName = signatureParameter,
                                 .digestLength = 64,
                                 .expiryName = expiryParameter,
                                 .minExpiryDigits = 1,
                                 .maxExpiryDigits = 12};

// Decodes a name or value and encodes it again, as URLSearchParams does.
std::string rewritten(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    return formEncode(decodeLeniently(plain));
}

// A form has no empty parameters, and every parameter has a "=".
std::string asForm(std::string_view query) {
    std::string form;
    forEachParameter(query, [&](std::string_view parameter) {
        if (parameter.empty()) {
            return;
        }
        const std::size_t name = std::min(parameter.find('='), parameter.size());
        const std::size_t value = std::min(name + 1, parameter.size());
        form += form.empty() ? '?' : '&';
        form += rewritten(parameter.substr(0, name)) + '=' + rewritten(parameter.substr(value));
    });
    return form;
}

// Other bytes would become U+FFFD, and change the parameter.
bool isText(std::string_view query) {
    const std::string decoded = decodeLeniently(query);
    return g_utf8_validate(decoded.data(), static_cast<gssize>(decoded.size()), nullptr);
}

}  // namespace

SignatureClaim readSignature(std::string_view rawTarget, std::string_view prefix) {
    SignatureClaim claim = readClaim(rawTarget, prefix, format);
    if (claim.shape == SignatureClaim::Shape::present) {
        // `exp` is signed at its place, like every other parameter.
        claim.signedText = withoutRawParameters(rawTarget, {format.digestName});
    }
    return claim;
}

Result<std::string, std::string> signTarget(const UnsignedUrl& url, std::string_view,
                                            const SigningKey& key, std::int64_t expires) {
    if (std::string error = signingError(url.query, expires, format); !error.empty()) {
        return Error{std::move(error)};
    }
    if (!isText(url.query)) {
        return Error{std::string("the URL's query is not UTF-8 after decoding")};
    }
    std::string target = url.path + asForm(url.query);
    if (expires != 0) {
        target = withParameter(target, format.expiryName, std::to_string(expires));
    }
    return withParameter(target, format.digestName, key.sign(target));
}

std::string redactedTarget(std::string_view rawTarget) {
    return withoutRawParameters(rawTarget, {format.digestName});
}

}  // namespace private_image::cloudflare
