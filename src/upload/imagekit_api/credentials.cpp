#include "upload/imagekit_api/credentials.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "upload/imagekit_api/credential_errors.hpp"

namespace private_image::upload {

namespace {

constexpr std::string_view scheme = "Basic ";

// The user name of Basic credentials; empty where they are malformed.
Secret userNameOf(std::string_view authorization) {
    if (!equalsIgnoringCase(authorization.substr(0, scheme.size()), scheme)) {
        return {};
    }
    auto decoded = base64Decode(trimmed(authorization.substr(scheme.size())));
    if (!decoded) {
        return {};
    }
    const Secret credentials(*std::move(decoded));
    const std::size_t colon = credentials.bytes().find(':');
    return colon == std::string_view::npos
               ? Secret()
               : Secret(std::string(credentials.bytes().substr(0, colon)));
}

}  // namespace

Result<const UploadKey*, UploadError> checkBasicKey(std::string_view authorization,
                                                    std::span<const UploadKey> keys) {
    if (authorization.empty()) {
        return noKeyError();
    }
    const Secret userName = userNameOf(authorization);
    const UploadKey* found = nullptr;
    for (const UploadKey& each : keys) {
        if (equalInConstantTime(userName.bytes(), each.key.bytes.bytes())) {
            found = &each;
        }
    }
    if (found == nullptr) {
        return badKeyError();
    }
    return found;
}

}  // namespace private_image::upload
