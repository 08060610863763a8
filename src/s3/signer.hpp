// Signature Version 4 of requests to S3 that have no body and no query. Knows no HTTP beyond what
// is signed. Belongs to one thread.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "s3/credentials.hpp"

namespace private_image {

// What is signed; a header that is part of it must be sent exactly so, and no other x-amz-*.
struct StorageRequest {
    std::string_view method;
    std::string_view host;  // as the Host header carries it
    std::string_view path;  // escaped, as it is sent
    std::time_t time = 0;
};

// The value of x-amz-content-sha256: there is no body whose digest would be worth signing.
inline constexpr std::string_view unsignedPayload = "UNSIGNED-PAYLOAD";

// The value of x-amz-date, such as 20261122T100000Z.
std::string signingDate(std::time_t time);

class StorageSigner {
public:
    StorageSigner(std::string region, Credentials credentials);

    // The value of Authorization. Throws std::bad_alloc where OpenSSL has no memory.
    std::string authorization(const StorageRequest& request);

    // The value of x-amz-security-token; empty: the header is not sent.
    std::string_view sessionToken() const { return credentials_.sessionToken.bytes(); }

private:
    std::string_view keyOf(std::string_view day);

    std::string region_;
    Credentials credentials_;
    std::string keyDay_;  // the key below is good for this day
    Secret key_;
};

}  // namespace private_image
