// As AWS documents it under "Authenticating Requests (AWS Signature Version 4)", header form.
#include "s3/signer.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>
#include <vector>

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
    std::vector<StorageHeader> headers(request.headers.begin(), request.headers.end());
    headers.push_back({"host", request.host});
    headers.push_back({"x-amz-content-sha256", request.contentSha256});
    headers.push_back({"x-amz-date", date});
    if (!sessionToken().empty()) {
        headers.push_back({"x-amz-security-token", sessionToken()});
    }
    std::ranges::sort(headers, {}, &StorageHeader::name);
    // The token is sent unchanged, so that texts with it need no wiping.
    std::string names, lines;
    for (const StorageHeader& header : headers) {
        names.append(names.empty() ? "" : ";").append(header.name);
        lines.append(header.name).append(":").append(header.value).append("\n");
    }
    const std::string canonical = joined({request.method, "\n", request.path, "\n\n", lines, "\n",
                                          names, "\n", request.contentSha256});
    const std::string text =
        joined({algorithm, "\n", date, "\n", scope, "\n", sha256Hex(canonical)});
    const std::string digest = hmacSha256(keyOf(day), text);
    return joined({algorithm, " Credential=", credentials_.accessKeyId, "/", scope,
                   ", SignedHeaders=", names, ", Signature=",
                   toHex({reinterpret_cast<const unsigned char*>(digest.data()), digest.size()})});
}

}  // namespace private_image
