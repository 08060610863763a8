// Who may upload by ImageKit's API: the private key by Basic authentication.
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_key.hpp"

namespace private_image::upload {

// The key whose bytes `authorization`, the value of the Authorization header, has as its user name
// (RFC 7617). The password is ignored: clients send an empty one, or a placeholder. Every key is
// compared in constant time. `noKey` where the header is empty, `badKey` where no key matches.
Result<const UploadKey*, UploadError> checkBasicKey(std::string_view authorization,
                                                    std::span<const UploadKey> keys);

}  // namespace private_image::upload
