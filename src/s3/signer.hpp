// AWS Signature Version 4 of requests to S3 without body and query. For one thread only.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "s3/credentials.hpp"

namespace private_image {

// The signed parts of a request. It must be sent with these headers, unchanged, and with no other
// x-amz-* header.
struct StorageRequest {
    std::string_view method;
    std::string_view host;  // as in the Host header
    std::string_view path;  // percent-encoded, as it is sent
    std::time_t time = 0;
};

// The value of x-amz-content-sha256, which AWS permits in place of the body's digest.
inline constexpr std::string_view unsignedPayload = "UNSIGNED-PAYLOAD";

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
