// One-time URLs of direct creator uploads: a client that has one may upload one image under the id,
// with the mark and with the metadata that the URL was issued for.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_key.hpp"
#include "upload/upload_request.hpp"

namespace private_image::upload {

// What a one-time URL is valid for.
struct OneTimeScope {
    std::string_view location;  // of the door; begins and ends with a slash
    std::string_view gateUrl;   // scheme, host and prefix of the gate, with a slash at the end
};

// The last segment of the gate's URL, in place of the service's account hash.
std::string_view hashOf(std::string_view gateUrl);

// <location>upload/<hash>/<id>?exp=<unix seconds>&v=<base64url of JSON>&sig=<HMAC-SHA-256 in hex>,
// to be sent with the scheme and host of the request that asked for it. The HMAC covers the scope,
// the account and the whole target before "&sig="; its key is derived from the API token, so that
// rotating the token ends its URLs.
std::string makeOneTimeTarget(const DirectUpload& upload, const OneTimeScope& scope,
                              const UploadKey& key);

// Of a URL or a target of makeOneTimeTarget(), to know it again once it was used.
std::array<unsigned char, 16> digestOfUrl(std::string_view url);

struct OneTimeUpload {
    DirectUpload upload;
    const UploadKey* key = nullptr;
    std::array<unsigned char, 16> digest{};  // of the URL
};

// Judges a request target as it was sent, at `now` in unix seconds. `badToken` for every target
// that makeOneTimeTarget() has not made with one of the keys in this scope; `expired` after the
// expiry. Whether the URL was used is not judged here.
Result<OneTimeUpload, UploadError> verifyOneTimeTarget(std::string_view rawTarget,
                                                       const OneTimeScope& scope,
                                                       std::span<const UploadKey> keys,
                                                       std::int64_t now);

// For a URL that was used, or an id that exists.
UploadError usedUrlError();
UploadError expiredUrlError();

}  // namespace private_image::upload
