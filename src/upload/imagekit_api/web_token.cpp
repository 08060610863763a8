// No library is used: for a single algorithm it is one HMAC, and libraries that know several have
// let the token choose among them.
#include "upload/imagekit_api/web_token.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "access/hmac.hpp"
#include "base/encoding.hpp"
#include "upload/imagekit_api/client_credentials.hpp"
#include "upload/imagekit_api/credential_errors.hpp"

namespace private_image::upload {

namespace {

constexpr std::int64_t maxTime = 99'999'999'999;  // seconds; far from overflow
constexpr std::size_t maxEchoedName = 64;

struct Parts {
    std::string_view header, claims, signature;
    std::string_view signedText;  // header and claims
};

std::optional<Parts> partsOf(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    if (first == token.npos || first == last) {
        return std::nullopt;
    }
    const Parts parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                      token.substr(last + 1), token.substr(0, last)};
    return parts.claims.find('.') == token.npos ? std::optional(parts) : std::nullopt;
}

std::optional<Json> decodedObject(std::string_view part) {
    const auto text = base64UrlDecode(part);
    if (!text) {
        return std::nullopt;
    }
    auto object = parseJsonObject(*text);
    return object ? std::optional(std::move(*object)) : std::nullopt;
}

// The member's text; empty where it is missing or something else.
std::string_view textIn(const Json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string()
               ? std::string_view(member->get_ref<const std::string&>())
               : std::string_view();
}

// Any further member could ask for what is not done here, as `crit` does.
bool isKnownHeader(const Json& header) {
    static constexpr std::array<std::string_view, 3> names{"alg", "kid", "typ"};
    const bool hasKnownNames = std::ranges::all_of(header.items(), [](const auto& member) {
        return std::ranges::find(names, member.key()) != names.end();
    });
    return hasKnownNames && textIn(header, "alg") == "HS256" &&
           (!header.contains("typ") || textIn(header, "typ") == "JWT");
}

Error<UploadError> malformed() {
    return badTokenError(
        "The token parameter must be a JSON Web Token with the header "
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"<public key>\"}.");
}

struct MatchedKey {
    const UploadKey* key = nullptr;
    std::string digest;
};

MatchedKey matchKey(const Parts& parts, std::string_view signature, std::string_view id,
                    std::span<const UploadKey> keys) {
    MatchedKey matched;
    for (const UploadKey& key : keys) {
        if (id.empty() || key.publicKey != id) {
            continue;
        }
        std::string digest = hmacSha256(key.key.bytes.bytes(), parts.signedText);
        if (equalInConstantTime(digest, signature)) {
            matched = {&key, std::move(digest)};
        }
    }
    return matched;
}

// Whole seconds; empty where the claim is missing or something else.
std::optional<std::int64_t> timeIn(const Json& claims, const char* name) {
    const auto claim = claims.find(name);
    if (claim == claims.end() || !claim->is_number_unsigned()) {
        return std::nullopt;
    }
    const auto time = claim->get<std::uint64_t>();
    return time <= static_cast<std::uint64_t>(maxTime)
               ? std::optional(static_cast<std::int64_t>(time))
               : std::nullopt;
}

std::optional<UploadError> timesError(const Json& claims, std::int64_t now) {
    const auto issued = timeIn(claims, "iat");
    const auto expires = timeIn(claims, "exp");
    if (!issued || !expires) {
        return badTokenError("The token needs the claims iat and exp in whole seconds.").error;
    }
    if (*expires <= now) {
        return UploadError{Outcome::expired, "The token has expired."};
    }
    if (*issued > now + clientClockLeeway) {
        return badTokenError("The claim iat of the token is in the future.").error;
    }
    if (*expires - *issued > maxClientLifetime) {
        return badTokenError("The token must be valid for at most 3600 seconds.").error;
    }
    return std::nullopt;
}

UploadError mismatch(std::string_view name) {
    return badTokenError("The token and the parameters of your request differ in " +
                         std::string(name.substr(0, maxEchoedName)) + ".")
        .error;
}

}  // namespace

Result<VerifiedWebToken, UploadError> verifyWebToken(std::string_view token,
                                                     std::span<const UploadKey> keys) {
    const auto parts = partsOf(token);
    const auto header = parts ? decodedObject(parts->header) : std::nullopt;
    const auto signature = parts ? base64UrlDecode(parts->signature) : std::nullopt;
    if (!header || !signature || !isKnownHeader(*header)) {
        return malformed();
    }
    MatchedKey matched = matchKey(*parts, *signature, textIn(*header, "kid"), keys);
    if (matched.key == nullptr) {
        return badKeyError();
    }
    auto claims = decodedObject(parts->claims);
    if (!claims) {
        return malformed();
    }
    return VerifiedWebToken{*std::move(claims), matched.key, std::move(matched.digest)};
}

std::optional<UploadError> claimsError(const Json& claims, const std::vector<Field>& fields,
                                       std::int64_t now) {
    if (auto error = timesError(claims, now)) {
        return error;
    }
    std::set<std::string_view> names;
    for (const Field& field : fields) {
        if (!names.insert(field.name).second) {
            return UploadError{Outcome::badField, "Your request contains the " +
                                                      field.name.substr(0, maxEchoedName) +
                                                      " parameter more than once."};
        }
        if (field.name == "token") {
            continue;
        }
        const auto claim = claims.find(field.name);
        const bool isTime = field.name == "iat" || field.name == "exp";
        if (isTime || claim == claims.end() || *claim != field.value) {
            return mismatch(field.name);
        }
    }
    for (const auto& [name, value] : claims.items()) {
        if (name != "iat" && name != "exp" && (name == "token" || !names.contains(name))) {
            return mismatch(name);
        }
    }
    return std::nullopt;
}

std::int64_t expiryOf(const Json& claims) {
    return claims.at("exp").get<std::int64_t>();
}

}  // namespace private_image::upload
