// What a request target claims by its signature, and whether that holds at a given time.
// The dialects read the claim; nothing here knows HTTP or the clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/key_ring.hpp"

namespace private_image {

enum class Signature : std::uint8_t { none, valid, bad, expired };

std::string_view signatureWord(Signature signature);

// Read from a raw request target before any key is tried.
struct SignatureClaim {
    enum class Shape : std::uint8_t { absent, malformed, present };
    Shape shape = Shape::absent;
    std::string signedText;    // what the HMAC was taken over
    std::string digest;        // lower-case hex as it stood in the URL
    std::int64_t expires = 0;  // unix seconds; 0: never
};

struct SignatureVerdict {
    Signature signature = Signature::none;
    bool expiryTooFar = false;  // bad only because it outlives what the operator allows
    std::int64_t expires = 0;   // of a valid or expired signature; 0: never
    int key = -1;               // index in the ring, for a valid or expired one
};

// Sixty seconds of leeway that clocks get where a longest expiry is set.
inline constexpr std::int64_t expiryLeeway = 60;

// Verifies the digest before looking at the time, so that "expired" is said of genuine URLs only.
// `maxExpiry` in seconds from now; 0: any, also never. Expired: now > expires.
SignatureVerdict verify(const SignatureClaim& claim, const KeyRing& keys, std::int64_t now,
                        std::int64_t maxExpiry);

}  // namespace private_image
