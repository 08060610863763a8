// Who may upload from a browser by ImageKit's API: the fields token, expire and signature (v1), or
// a JSON Web Token over all fields (v2). Each is good for one upload.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "upload/form.hpp"
#include "upload/outcome.hpp"
#include "upload/upload_key.hpp"

namespace private_image::upload {

enum class UploadVersion : std::uint8_t { v1, v2 };

// Which credential of a request counts.
enum class CredentialKind : std::uint8_t {
    basic,   // the private key: see checkBasicKey()
    client,  // in the form: see checkClientCredential()
};

// An Authorization header counts alone, whatever the form has. Without one it is `noKey`, unless
// uploads from browsers are accepted.
Result<CredentialKind, UploadError> chooseCredential(std::string_view authorization,
                                                     bool acceptsClients);

// What has to be remembered of a credential until it has expired, so that it is used once: not its
// text, of which several spellings could be valid, but the HMAC that was computed for it.
struct UsedCredential {
    std::array<unsigned char, 16> digest{};
    std::int64_t until = 0;  // unix seconds
};

struct ClientCredential {
    const UploadKey* key = nullptr;
    UsedCredential used;
};

// Clocks may differ by so many seconds.
inline constexpr std::int64_t clientClockLeeway = 60;
inline constexpr std::int64_t maxClientLifetime = 3600;

// Judges the credential in the fields of an upload at `now`, in unix seconds. Whether it was used
// before is for the caller to find out; it is used up even if the upload fails later.
Result<ClientCredential, UploadError> checkClientCredential(UploadVersion version,
                                                            const std::vector<Field>& fields,
                                                            std::span<const UploadKey> keys,
                                                            std::int64_t now);

// For an upload whose credential was used before.
UploadError usedCredentialError(const std::vector<Field>& fields);

}  // namespace private_image::upload
