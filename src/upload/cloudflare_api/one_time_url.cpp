#include "upload/cloudflare_api/one_time_url.hpp"

#include <algorithm>
#include <optional>

#include "access/digest.hpp"
#include "access/hmac.hpp"
#include "base/encoding.hpp"
#include "upload/image_name.hpp"
#include "upload/strict_json.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view keyLabel = "private_image one-time upload URL";
constexpr std::string_view signatureName = "&sig=";
constexpr std::size_t expiryDigits = 10;

std::string encodeSegment(std::string_view text) {
    std::string encoded;
    for (const char c : percentEncodePath(text)) {
        encoded += c == '/' ? std::string("%2F") : std::string(1, c);
    }
    return encoded;
}

std::string pathPrefix(const OneTimeScope& scope) {
    return std::string(scope.location) + "upload/" + encodeSegment(hashOf(scope.gateUrl)) + "/";
}

std::string optionsOf(const UploadRequest& request) {
    // Two URLs for one image differ, also where one replaces the other within a second.
    Json options = {{"private", request.isPrivate}, {"nonce", makeUniquePart()}};
    if (request.creator) {
        options["creator"] = *request.creator;
    }
    if (request.metadata != "{}") {
        options["metadata"] = request.metadata;
    }
    return textOf(options);
}

std::string signatureOf(const UploadKey& key, const OneTimeScope& scope, std::string_view target) {
    const Secret derived(hmacSha256(key.key.bytes.bytes(), keyLabel));
    std::string text(scope.gateUrl);
    text.append("\n").append(key.account).append("\n").append(target);
    const std::string digest = hmacSha256(derived.bytes(), text);
    return toHex({reinterpret_cast<const unsigned char*>(digest.data()), digest.size()});
}

// The parts of a target, still as sent.
struct Target {
    std::string_view signedText, id, expires, options, signature;
};

// Removes the text from the begin of `rest`; false where it is not there.
bool skip(std::string_view& rest, std::string_view text) {
    if (!rest.starts_with(text)) {
        return false;
    }
    rest.remove_prefix(text.size());
    return true;
}

// Removes what precedes the character from `rest`, and returns it; all of it where the
// character is missing.
std::string_view takeBefore(std::string_view& rest, char end) {
    const std::string_view taken = rest.substr(0, rest.find(end));
    rest.remove_prefix(taken.size());
    return taken;
}

std::optional<Target> takeApart(std::string_view rawTarget, const OneTimeScope& scope) {
    Target target;
    std::string_view rest = rawTarget;
    if (!skip(rest, pathPrefix(scope))) {
        return std::nullopt;
    }
    target.id = takeBefore(rest, '?');
    if (!skip(rest, "?exp=")) {
        return std::nullopt;
    }
    target.expires = takeBefore(rest, '&');
    if (!skip(rest, "&v=")) {
        return std::nullopt;
    }
    target.options = takeBefore(rest, '&');
    target.signedText = rawTarget.substr(0, rawTarget.size() - rest.size());
    if (!skip(rest, signatureName)) {
        return std::nullopt;
    }
    target.signature = rest;
    return target;
}

const UploadKey* keyOf(const Target& target, const OneTimeScope& scope,
                       std::span<const UploadKey> keys) {
    const UploadKey* found = nullptr;
    for (const UploadKey& key : keys) {
        if (equalInConstantTime(signatureOf(key, scope, target.signedText), target.signature)) {
            found = &key;
        }
    }
    return found;
}

std::optional<std::int64_t> parseExpiry(std::string_view text) {
    const auto expires =
        text.size() == expiryDigits ? parseUnsigned(text, INT64_MAX) : std::nullopt;
    return expires ? std::optional(static_cast<std::int64_t>(*expires)) : std::nullopt;
}

// Of a target whose signature is valid: it was written by optionsOf().
std::optional<UploadRequest> requestOf(const Target& target) {
    const auto id = percentDecode(target.id);
    const auto text = base64UrlDecode(target.options);
    const auto options = text ? parseJsonObject(*text) : Error{std::string()};
    if (!id || !storedPathError("/" + *id).empty() || !options || !options->contains("private")) {
        return std::nullopt;
    }
    UploadRequest request;
    request.name = *id;
    request.wantsUniqueName = false;
    request.mayOverwrite = false;
    request.isPrivate = options->at("private") != false;
    if (options->contains("creator")) {
        request.creator = options->value("creator", std::string());
    }
    request.metadata = options->value("metadata", std::string("{}"));
    return request;
}

Error<UploadError> forged() {
    return Error{UploadError{Outcome::badToken, "The upload URL is not valid."}};
}

}  // namespace

std::string_view hashOf(std::string_view gateUrl) {
    gateUrl.remove_suffix(gateUrl.ends_with('/') ? 1 : 0);
    return gateUrl.substr(gateUrl.rfind('/') + 1);
}

std::string makeOneTimeTarget(const DirectUpload& upload, const OneTimeScope& scope,
                              const UploadKey& key) {
    std::string target = pathPrefix(scope) + encodeSegment(upload.request.name) +
                         "?exp=" + std::to_string(upload.expires) +
                         "&v=" + base64UrlEncode(optionsOf(upload.request));
    const std::string signature = signatureOf(key, scope, target);
    return target.append(signatureName).append(signature);
}

std::array<unsigned char, 16> digestOfUrl(std::string_view url) {
    const std::size_t name = url.rfind(signatureName);
    url.remove_prefix(name == url.npos ? 0 : name + signatureName.size());
    std::array<unsigned char, 16> digest{};
    std::copy_n(sha256(url).begin(), digest.size(), digest.begin());
    return digest;
}

Result<OneTimeUpload, UploadError> verifyOneTimeTarget(std::string_view rawTarget,
                                                       const OneTimeScope& scope,
                                                       std::span<const UploadKey> keys,
                                                       std::int64_t now) {
    const auto target = takeApart(rawTarget, scope);
    const UploadKey* key = target ? keyOf(*target, scope, keys) : nullptr;
    if (key == nullptr) {
        return forged();
    }
    const auto expires = parseExpiry(target->expires);
    auto request = requestOf(*target);
    if (!expires || !request) {
        return forged();
    }
    if (*expires <= now) {
        return Error{expiredUrlError()};
    }
    return OneTimeUpload{{*std::move(request), *expires}, key, digestOfUrl(target->signature)};
}

UploadError usedUrlError() {
    return {Outcome::usedToken, "Resource already exists, or its upload URL was used or removed"};
}

UploadError expiredUrlError() {
    return {Outcome::expired, "The upload URL has expired."};
}

}  // namespace private_image::upload
