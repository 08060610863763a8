#include "dialect/signed_target.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "dialect/parsed_request.hpp"

namespace private_image {
namespace {

constexpr bool isLowerHexDigit(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f');
}

// How many times a parameter occurs, and its value, which is only meaningful if it occurs once.
struct Occurrences {
    std::size_t count = 0;
    std::string_view value;
};

// A parameter without "=" consists of its name only.
std::string_view nameOf(std::string_view parameter) {
    return parameter.substr(0, parameter.find('='));
}

Occurrences occurrencesOf(std::string_view name, std::string_view rawTarget) {
    Occurrences found;
    forEachParameter(rawTarget, [&](std::string_view parameter) {
        if (nameOf(parameter) == name) {
            ++found.count;
            found.value = parameter.substr(std::min(name.size() + 1, parameter.size()));
        }
    });
    return found;
}

bool isDigest(const Occurrences& digest, const SignatureFormat& format) {
    return digest.count == 1 && digest.value.size() == format.digestLength &&
           std::ranges::all_of(digest.value, isLowerHexDigit);
}

bool isExpiry(const Occurrences& expiry, const SignatureFormat& format) {
    return expiry.count == 1 && expiry.value.size() >= format.minExpiryDigits &&
           expiry.value.size() <= format.maxExpiryDigits && expiry.value.front() != '0' &&
           std::ranges::all_of(expiry.value, isDigit);
}

std::string decodedNameOf(std::string_view parameter) {
    return toLowerCase(decodeLeniently(nameOf(parameter)));
}

// Refuses "#": NGINX cuts the target there, but the signature would cover what follows.
bool isTarget(std::string_view rawTarget, std::string_view prefix) {
    return rawTarget.starts_with(prefix) && rawTarget.find('#') == std::string_view::npos;
}

}  // namespace

SignatureClaim readClaim(std::string_view rawTarget, std::string_view prefix,
                         const SignatureFormat& format) {
    SignatureClaim claim;
    const Occurrences digest = occurrencesOf(format.digestName, rawTarget);
    if (digest.count == 0) {
        return claim;
    }
    claim.shape = SignatureClaim::Shape::malformed;
    const Occurrences expiry = occurrencesOf(format.expiryName, rawTarget);
    if (!isTarget(rawTarget, prefix) || !isDigest(digest, format)) {
        return claim;
    }
    if (expiry.count > 0) {
        if (!isExpiry(expiry, format)) {
            return claim;
        }
        claim.expires = static_cast<std::int64_t>(*parseUnsigned(expiry.value, INT64_MAX));
    }
    claim.shape = SignatureClaim::Shape::present;
    claim.digest = digest.value;
    return claim;
}

std::string signingError(std::string_view rawTarget, std::int64_t expires,
                         const SignatureFormat& format) {
    std::string signature;
    forEachParameter(rawTarget, [&](std::string_view parameter) {
        const std::string name = decodedNameOf(parameter);
        if (name == format.digestName || name == format.expiryName) {
            signature = name;
        }
    });
    if (!signature.empty()) {
        return "the URL is signed already: it has \"" + signature + '"';
    }
    const std::size_t digits = std::to_string(expires).size();
    const bool fits =
        expires > 0 && digits >= format.minExpiryDigits && digits <= format.maxExpiryDigits;
    return expires == 0 || fits ? "" : "no URL can expire at " + std::to_string(expires);
}

std::string withParameter(std::string_view rawTarget, std::string_view name,
                          std::string_view value) {
    std::string target(rawTarget);
    target += rawTarget.find('?') == rawTarget.npos ? '?' : '&';
    return target.append(name).append("=").append(value);
}

std::string withoutRawParameters(std::string_view rawTarget,
                                 std::initializer_list<std::string_view> names) {
    std::string rest;
    rest.reserve(rawTarget.size());
    rest = rawTarget.substr(0, rawTarget.find('?'));
    char separator = '?';
    forEachParameter(rawTarget, [&](std::string_view parameter) {
        if (std::ranges::find(names, nameOf(parameter)) != names.end()) {
            return;
        }
        rest += separator;
        rest += parameter;
        separator = '&';
    });
    return rest;
}

}  // namespace private_image
