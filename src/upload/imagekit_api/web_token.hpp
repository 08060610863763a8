// The JSON Web Token of ImageKit's upload API v2 (RFC 7515, 7519): HS256 alone, with the private
// key, over every field of the form but `file` and `token`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"
#include "upload/strict_json.hpp"
#include "upload/upload_key.hpp"

namespace private_image::upload {

struct VerifiedWebToken {
    Json claims;  // an object
    const UploadKey* key = nullptr;
    std::string digest;  // the HMAC that was computed, 32 bytes
};

// Verifies the signature; neither times nor fields. Three parts in canonical base64url; a header of
// `alg`, `kid` and perhaps `typ`, of which `kid` is the public key of one of `keys`. The claims are
// read only after the signature is found to be valid.
Result<VerifiedWebToken, UploadError> verifyWebToken(std::string_view token,
                                                     std::span<const UploadKey> keys);

// Why the claims do not allow an upload of these fields at `now`, in unix seconds. Other than `iat`
// and `exp` there must be one claim for each field with the field's text, and one field for each
// claim.
std::optional<UploadError> claimsError(const Json& claims, const std::vector<Field>& fields,
                                       std::int64_t now);

// The claim `exp`. Precondition: claimsError() has accepted the claims.
std::int64_t expiryOf(const Json& claims);

}  // namespace private_image::upload
