// How long, and by whom, an answer may be kept. Reads and writes the value of Cache-Control.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/reason.hpp"

namespace private_image {

// What the origin said. Seconds; bounded to a year.
struct OriginLifetime {
    bool noStore = false;
    bool noCache = false;
    bool privateOnly = false;
    bool mustRevalidate = false;
    bool immutable = false;
    std::optional<std::int64_t> maxAge;        // Cache-Control max-age, else from Expires
    std::optional<std::int64_t> sharedMaxAge;  // s-maxage
    std::optional<std::int64_t> staleWhileRevalidate;
    std::optional<std::int64_t> staleIfError;
};

// `cacheControl`: all values joined by ", "; `expires`: seconds from now that Expires leaves,
// where the origin sent one (negative: already past; unparsable: give -1).
OriginLifetime readOriginLifetime(std::string_view cacheControl,
                                  std::optional<std::int64_t> expires);

struct LifetimeRequest {
    Reason reason = Reason::publicImage;    // publicImage, variant or signedUrl
    std::optional<std::int64_t> grantLeft;  // seconds until the signature expires; empty: never
    std::optional<std::int64_t> fallback;   // used where the origin gave no lifetime; empty: none
    bool requestHadAuthorization = false;
    bool sharedCacheAllowed = false;  // private_image_shared_cache
};

// The value of Cache-Control for the client; empty: send none (an original of which the origin
// said nothing). Under a signature nothing in it outlives the grant.
std::string clientCacheControl(const OriginLifetime& origin, const LifetimeRequest& request);

}  // namespace private_image
