// Who may use Cloudflare's API: an API token for its account.
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_key.hpp"

namespace private_image::upload {

// Values of headers; empty where a header is missing.
struct CloudflareHeaders {
    std::string_view authorization;  // "Bearer <token>"; counts alone where there is one
    std::string_view authKey;        // X-Auth-Key; X-Auth-Email beside it is not looked at
};

// The key that the headers name, if it is one of this account. Every key is compared in constant
// time. `noKey` without a header; `badKey` for another token, and with otherAccountCode for another
// account.
Result<const UploadKey*, UploadError> checkCloudflareKey(const CloudflareHeaders& headers,
                                                         std::string_view account,
                                                         std::span<const UploadKey> keys);

}  // namespace private_image::upload
