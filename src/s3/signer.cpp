// As AWS documents it under "Authenticating Requests (AWS Signature Version 4)", header form.
#include "s3/signer.hpp"

#include <openssl/crypto.h>

#include <array>
#include <new>
#include <utility>

#include "access/digest.hpp"
#include "access/hmac.hpp"
#include "base/encoding.hpp"

namespace private_image {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// The key of each step is wiped after the next one is derived from it.
Secret derived(const Secret& key, std::string_view text) {
    return Secret(hmacSha256(key.bytes(), text));
}

Secret firstKey(std::string_view secretAccessKey) {
    std::string key;
    key.reserve(4 +
                secretAccessKey.size());  // once, so that no copy of the secret remains in memory
    key.append("AWS4").append(secretAccessKey);
    return Secret(std::move(key));
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text.append(part);
    }
    return text;
}

}  // namespace

std::string signingDate(std::time_t time) {
    std::tm parts{};
    std::array<char, 32> text{};
    gmtime_r(&time, &parts);
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
    return {text.data(), length};
}

StorageSigner::StorageSigner(std::string region, Credentials credentials)
    : region_(std::move(region)), credentials_(std::move(credentials)) {}

std::string_view StorageSigner::keyOf(std::string_view day) {
    if (day != keyDay_) {
        Secret key = derived(firstKey(credentials_.secretAccessKey.bytes()), day);
        key = derived(key, region_);
        key = derived(key, "s3");
        key_ = derived(key, "aws4_request");
        keyDay_ = day;
    }
    return key_.bytes();
}

std::string StorageSigner::authorization(const StorageRequest& request) {
    const std::string date = signingDate(request.time);
    const std::string_view day = std::string_view(date).substr(0, 8);
    const std::string scope = joined({day, "/", region_, "/s3/aws4_request"});
    const bool hasToken = !sessionToken().empty();
    const std::string names = std::string("host;x-amz-content-sha256;x-amz-date") +
                              (hasToken ? ";x-amz-security-token" : "");
    // The token is sent unchanged, so intermediate texts with it need no wiping.
    const Secret canonical(joined({request.method, "\n", request.path, "\n\nhost:", request.host,
                                   "\nx-amz-content-sha256:", unsignedPayload,
                                   "\nx-amz-date:", date, hasToken ? "\nx-amz-security-token:" : "",
                                   sessionToken(), "\n\n", names, "\n", unsignedPayload}));
    const std::string text =
        joined({algorithm, "\n", date, "\n", scope, "\n", sha256Hex(canonical.bytes())});
    const std::string digest = hmacSha256(keyOf(day), text);
    return joined({algorithm, " Credential=", credentials_.accessKeyId, "/", scope,
                   ", SignedHeaders=", names, ", Signature=",
                   toHex({reinterpret_cast<const unsigned char*>(digest.data()), digest.size()})});
}

}  // namespace private_image
