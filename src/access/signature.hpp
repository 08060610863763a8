// The signature of a request target, and its verification at a given time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/key_ring.hpp"

namespace private_image {

enum class Signature : std::uint8_t { none, valid, bad, expired };

std::string_view signatureWord(Signature signature);

// The signature as a dialect reads it from a raw request target, not verified yet.
struct SignatureClaim {
    enum class Shape : std::uint8_t { absent, malformed, present };
    Shape shape = Shape::absent;
    std::string signedText;    // the input of the HMAC
    std::string digest;        // lower-case hex, as in the URL
    std::int64_t expires = 0;  // unix seconds; 0: never
};

struct SignatureVerdict {
    Signature signature = Signature::none;
    bool expiryTooFar = false;  // bad only because of private_image_max_expiry
    std::int64_t expires = 0;   // of a valid or expired signature; 0: never
    int key = -1;               // index in the ring, for a valid or expired one
};

// Seconds by which the clocks of signer and server may differ if private_image_max_expiry is set.
inline constexpr std::int64_t expiryLeeway = 60;

// Verifies the digest before the time, so that only a genuine signature is reported as expired.
// `now` in unix seconds. `maxExpiry` in seconds from now; 0: every expiry is allowed, also never. A
// signature has expired if now > expires.
SignatureVerdict verify(const SignatureClaim& claim, const KeyRing& keys, std::int64_t now,
                        std::int64_t maxExpiry);

}  // namespace private_image
