#include "upload/cloudflare_api/credentials.hpp"

#include "base/ascii.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view scheme = "Bearer ";

std::string_view tokenOf(const CloudflareHeaders& headers) {
    const std::string_view authorization = headers.authorization;
    if (authorization.empty()) {
        return headers.authKey;
    }
    return equalsIgnoringCase(authorization.substr(0, scheme.size()), scheme)
               ? trimmed(authorization.substr(scheme.size()))
               : std::string_view();
}

Error<UploadError> authenticationError(Outcome outcome) {
    return Error{UploadError{outcome, "Authentication error"}};
}

}  // namespace

Result<const UploadKey*, UploadError> checkCloudflareKey(const CloudflareHeaders& headers,
                                                         std::string_view account,
                                                         std::span<const UploadKey> keys) {
    if (headers.authorization.empty() && headers.authKey.empty()) {
        return authenticationError(Outcome::noKey);
    }
    const std::string_view token = tokenOf(headers);
    const UploadKey* found = nullptr;
    bool isOtherAccount = false;
    for (const UploadKey& key : keys) {
        if (!equalInConstantTime(token, key.key.bytes.bytes())) {
            continue;
        }
        const bool isOwn = !key.account.empty() && key.account == account;
        found = isOwn ? &key : found;
        isOtherAccount |= !isOwn;
    }
    if (found != nullptr) {
        return found;
    }
    if (isOtherAccount) {
        return Error{UploadError{Outcome::badKey, "The account is not the one of this API token.",
                                 otherAccountCode}};
    }
    return authenticationError(Outcome::badKey);
}

}  // namespace private_image::upload
