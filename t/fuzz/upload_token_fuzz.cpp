// Credentials of uploads from browsers. The first line chooses: "v1", then lines "name=value", of
// which a signature "?" is replaced by a valid one; "v2", then header, claims and lines; "raw",
// then a token and lines.
#include "access/hmac.hpp"
#include "fuzzing.hpp"
#include "upload/imagekit_api/client_credentials.hpp"
#include "upload/imagekit_api/web_token.hpp"

namespace {

using namespace private_image;
using namespace private_image::fuzzing;
using namespace private_image::upload;

constexpr std::int64_t now = 1'796'000'000;
constexpr std::string_view secret = "private_0123456789";

const std::vector<UploadKey>& keys() {
    static const std::vector<UploadKey> all = [] {
        std::vector<UploadKey> made;
        made.push_back({{Secret(std::string(secret)), "a.key"}, "public_a"});
        return made;
    }();
    return all;
}

std::string hexOf(std::string_view bytes) {
    return toHex(bytesOf(bytes));
}

std::vector<Field> takeFields(std::string_view& rest) {
    std::vector<Field> fields;
    while (!rest.empty()) {
        const std::string_view line = takeLine(rest);
        const std::size_t equals = std::min(line.find('='), line.size());
        fields.push_back({std::string(line.substr(0, equals)),
                          std::string(line.substr(std::min(equals + 1, line.size())))});
    }
    return fields;
}

std::string valueOf(const std::vector<Field>& fields, std::string_view name) {
    const auto field = std::ranges::find(fields, name, &Field::name);
    return field == fields.end() ? std::string() : field->value;
}

void checkResult(const Result<ClientCredential, UploadError>& result) {
    if (!result) {
        require(!result.error().message.empty(), "a refusal has a message");
        return;
    }
    require(result->key == keys().data(), "the key is a configured one");
    require(result->used.until > now, "what is accepted has not expired");
    require(result->used.until < now + 2 * maxClientLifetime, "lifetimes are bounded");
}

void tryToken(std::vector<Field> fields) {
    const std::string text = valueOf(fields, "token") + valueOf(fields, "expire");
    const std::string valid = hexOf(hmacSha1(secret, text));
    for (Field& field : fields) {
        if (field.name == "signature" && field.value == "?") {
            field.value = valid;
        }
    }
    const auto result = checkClientCredential(UploadVersion::v1, fields, keys(), now);
    checkResult(result);
    if (!result) {
        return;
    }
    require(valueOf(fields, "signature") == valid, "only the valid signature is accepted");
    require(valueOf(fields, "expire") == std::to_string(result->used.until),
            "a time has one spelling");
    require(valid.starts_with(toHex(result->used.digest)), "the digest is the computed one");
}

// Every field but the token is claimed, and nothing else.
void requireSameClaims(const Json& claims, const std::vector<Field>& fields) {
    for (const Field& field : fields) {
        require(field.name == "token" || claims.value(field.name, Json()) == field.value,
                "a field is claimed", field.name);
    }
    require(claims.size() == fields.size() - 1 + 2, "claims are the fields, iat and exp");
}

void tryWebToken(const std::string& token, std::vector<Field> fields) {
    fields.push_back({"token", token});
    const auto result = checkClientCredential(UploadVersion::v2, fields, keys(), now);
    checkResult(result);
    if (!result) {
        return;
    }
    const std::size_t dot = token.rfind('.');
    const std::string digest = hmacSha256(secret, token.substr(0, dot));
    require(base64UrlEncode(digest) == token.substr(dot + 1), "a signature has one spelling");
    const auto verified = verifyWebToken(token, keys());
    require(bool(verified), "what is accepted is verified");
    requireSameClaims(verified->claims, fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = textOf(data, size);
    const std::string_view kind = takeLine(rest);
    if (kind == "v1") {
        tryToken(takeFields(rest));
    } else if (kind == "v2") {
        const std::string header = base64UrlEncode(takeLine(rest));
        const std::string text = header + "." + base64UrlEncode(takeLine(rest));
        tryWebToken(text + "." + base64UrlEncode(hmacSha256(secret, text)), takeFields(rest));
    } else {
        const std::string token(takeLine(rest));
        tryWebToken(token, takeFields(rest));
    }
    return 0;
}
