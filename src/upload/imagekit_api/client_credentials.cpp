#include "upload/imagekit_api/client_credentials.hpp"

#include <algorithm>
#include <optional>

#include "access/hmac.hpp"
#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "upload/imagekit_api/credential_errors.hpp"
#include "upload/imagekit_api/web_token.hpp"

namespace private_image::upload {

namespace {

constexpr std::size_t maxTokenBytes = 256;
constexpr std::size_t maxEchoedToken = 64;
constexpr std::size_t expireDigits = 10;

constexpr std::array<std::string_view, 4> tokenFields{"publicKey", "token", "expire", "signature"};

struct TokenFields {
    std::string_view publicKey, token, expire, signature;
};

Error<UploadError> expireError(Outcome outcome) {
    return Error{UploadError{outcome,
                             "Your request contains invalid expire parameter. Expire parameter "
                             "should be a Unix time in less than 1 hour into the future."}};
}

Error<UploadError> repeatedError(std::string_view name) {
    return Error{UploadError{Outcome::badField, "Your request contains the " + std::string(name) +
                                                    " parameter more than once."}};
}

Result<TokenFields, UploadError> readTokenFields(const std::vector<Field>& fields) {
    std::array<std::optional<std::string_view>, tokenFields.size()> found;
    for (const Field& field : fields) {
        const auto name = std::ranges::find(tokenFields, field.name);
        if (name == tokenFields.end()) {
            continue;
        }
        auto& value = found[static_cast<std::size_t>(name - tokenFields.begin())];
        if (value) {
            return repeatedError(field.name);
        }
        value = field.value;
    }
    const auto isThere = [](const auto& value) { return value.has_value(); };
    if (std::ranges::none_of(found, isThere)) {
        return noKeyError();
    }
    const auto missing = std::ranges::find_if_not(found, isThere);
    if (missing != found.end()) {
        return badTokenError(
            "Your request is missing " +
            std::string(tokenFields[static_cast<std::size_t>(missing - found.begin())]) +
            " parameter.");
    }
    return TokenFields{*found[0], *found[1], *found[2], *found[3]};
}

bool isToken(std::string_view text) {
    return !text.empty() && text.size() <= maxTokenBytes &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Exactly ten digits. The signature covers the token and the time as one text: with times of any
// length, digits could move from one to the other, and a used token would look like a new one.
std::optional<std::int64_t> parseExpire(std::string_view text) {
    if (text.size() != expireDigits || text.front() == '0') {
        return std::nullopt;
    }
    const auto expire = parseUnsigned(text, INT64_MAX);
    return expire ? std::optional(static_cast<std::int64_t>(*expire)) : std::nullopt;
}

ClientCredential credentialOf(const UploadKey& key, std::string_view digest, std::int64_t until) {
    ClientCredential credential{&key, {{}, until}};
    std::copy_n(digest.begin(), credential.used.digest.size(), credential.used.digest.begin());
    return credential;
}

std::string hexOf(std::string_view bytes) {
    return toHex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

bool hasId(std::span<const UploadKey> keys, std::string_view id) {
    return !id.empty() && std::ranges::find(keys, id, &UploadKey::publicKey) != keys.end();
}

// The credential whose signature is valid, at any time.
std::optional<ClientCredential> matchSignature(const TokenFields& sent, std::int64_t expire,
                                               std::span<const UploadKey> keys) {
    const std::string text = std::string(sent.token).append(sent.expire);
    std::optional<ClientCredential> found;
    for (const UploadKey& key : keys) {
        if (key.publicKey != sent.publicKey) {
            continue;
        }
        const std::string digest = hmacSha1(key.key.bytes.bytes(), text);
        if (equalInConstantTime(hexOf(digest), sent.signature)) {
            found = credentialOf(key, digest, expire);
        }
    }
    return found;
}

Result<ClientCredential, UploadError> checkToken(const std::vector<Field>& fields,
                                                 std::span<const UploadKey> keys,
                                                 std::int64_t now) {
    const auto sent = readTokenFields(fields);
    if (!sent) {
        return Error{sent.error()};
    }
    if (!hasId(keys, sent->publicKey)) {
        return badKeyError();
    }
    if (!isToken(sent->token)) {
        return badTokenError(
            "The token parameter must have 1 to 256 printable characters of ASCII.");
    }
    const auto expire = parseExpire(sent->expire);
    if (!expire) {
        return expireError(Outcome::badToken);
    }
    const auto credential = matchSignature(*sent, *expire, keys);
    if (!credential) {
        return badTokenError("Your request contains invalid signature parameter.");
    }
    if (*expire <= now) {
        return expireError(Outcome::expired);
    }
    if (*expire >= now + maxClientLifetime + clientClockLeeway) {
        return expireError(Outcome::badToken);
    }
    return *credential;
}

const Field* fieldNamed(const std::vector<Field>& fields, std::string_view name) {
    const auto field = std::ranges::find(fields, name, &Field::name);
    return field == fields.end() ? nullptr : &*field;
}

Result<ClientCredential, UploadError> checkWebToken(const std::vector<Field>& fields,
                                                    std::span<const UploadKey> keys,
                                                    std::int64_t now) {
    const Field* token = fieldNamed(fields, "token");
    if (token == nullptr) {
        return noKeyError();
    }
    const auto verified = verifyWebToken(token->value, keys);
    if (!verified) {
        return Error{verified.error()};
    }
    if (auto error = claimsError(verified->claims, fields, now)) {
        return Error{*std::move(error)};
    }
    return credentialOf(*verified->key, verified->digest, expiryOf(verified->claims));
}

}  // namespace

Result<CredentialKind, UploadError> chooseCredential(std::string_view authorization,
                                                     bool acceptsClients) {
    if (!authorization.empty()) {
        return CredentialKind::basic;
    }
    if (!acceptsClients) {
        return noKeyError();
    }
    return CredentialKind::client;
}

Result<ClientCredential, UploadError> checkClientCredential(UploadVersion version,
                                                            const std::vector<Field>& fields,
                                                            std::span<const UploadKey> keys,
                                                            std::int64_t now) {
    return version == UploadVersion::v1 ? checkToken(fields, keys, now)
                                        : checkWebToken(fields, keys, now);
}

UploadError usedCredentialError(const std::vector<Field>& fields) {
    const Field* token = fieldNamed(fields, "token");
    const std::string_view text = token == nullptr ? std::string_view() : token->value;
    const bool isCut = text.size() > maxEchoedToken;
    return {Outcome::usedToken,
            "The token with value '" + std::string(text.substr(0, maxEchoedToken)) +
                (isCut ? "..." : "") + "' has been used before. Use a new token for each upload."};
}

}  // namespace private_image::upload
