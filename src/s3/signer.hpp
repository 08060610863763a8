// AWS Signature Version 4 of requests to S3 without query. For one thread only.
#pragma once

#include <ctime>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "s3/credentials.hpp"

namespace private_image {

// The value of x-amz-content-sha256, which AWS permits in place of the body's digest.
inline constexpr std::string_view unsignedPayload = "UNSIGNED-PAYLOAD";

struct StorageHeader {
    std::string_view name;   // in lower case
    std::string_view value;  // without blanks at its ends, and without two in a row

    bool operator==(const StorageHeader&) const = default;
};

// The signed parts of a request. It must be sent with these headers, unchanged, and with no other
// x-amz-* header.
struct StorageRequest {
    std::string_view method;
    std::string_view host;  // as in the Host header
    std::string_view path;  // percent-encoded, as it is sent
    std::time_t time = 0;
    std::string_view contentSha256 = unsignedPayload;  // or the body's digest in lower-case hex
    std::span<const StorageHeader> headers = {};       // x-amz-* of the caller; any order
};

// The value of x-amz-date, such as 20261122T100000Z.
std::string signingDate(std::time_t time);

class StorageSigner {
public:
    StorageSigner(std::string region, Credentials credentials);

    // The value of Authorization. Throws std::bad_alloc if OpenSSL fails.
    std::string authorization(const StorageRequest& request);

    // The value of x-amz-security-token; empty: the header is not sent.
    std::string_view sessionToken() const { return credentials_.sessionToken.bytes(); }

private:
    std::string_view keyOf(std::string_view day);

    std::string region_;
    Credentials credentials_;
    std::string keyDay_;  // the day for which the key below is valid
    Secret key_;
};

}  // namespace private_image
