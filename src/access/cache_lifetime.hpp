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
    bool noTransform = false;
    bool countsFromNow = false;                // maxAge begins now, whatever Age says
    std::optional<std::int64_t> maxAge;        // Cache-Control max-age, else from Expires
    std::optional<std::int64_t> sharedMaxAge;  // s-maxage
    std::optional<std::int64_t> staleWhileRevalidate;
    std::optional<std::int64_t> staleIfError;
};

// `cacheControl`: all values joined by ", "; `expires`: seconds from now that Expires leaves,
// where the origin sent one (negative: already past; unparsable: give -1).
OriginLifetime readOriginLifetime(std::string_view cacheControl,
                                  std::optional<std::int64_t> expires);

// Headers of an origin's answer by which NGINX decides whether, and how long, a cache may keep it.
struct CachingHeaders {
    std::string cacheControl;                  // all values joined by ", "
    std::optional<std::int64_t> expires;       // as readOriginLifetime takes it
    std::optional<std::int64_t> accelExpires;  // as readAccelExpires returns it
    bool variesByAll = false;                  // Vary is "*"
};

// Which of them proxy_ignore_headers (or fastcgi_, uwsgi_, scgi_ignore_headers) disregards.
struct IgnoredHeaders {
    bool cacheControl = false;
    bool expires = false;
    bool accelExpires = false;
    bool vary = false;
};

// The value of X-Accel-Expires: seconds, or a unix time behind "@". Returns the seconds from `now`
// (a unix time) on; 0: the answer must not be kept; negative: its time is already over. Empty for
// what NGINX disregards because it is no such number.
std::optional<std::int64_t> readAccelExpires(std::string_view value, std::int64_t now);

// How long our own cache may keep a derivative, by the rules of proxy_cache: X-Accel-Expires
// overrides Cache-Control, which overrides Expires; "Vary: *" forbids it. What is ignored counts as
// not sent. Set-Cookie does not count: a derivative carries none, and its origin is asked without
// the cookies of any viewer. What clients see is readOriginLifetime's, in which the headers
// stand as they were sent.
OriginLifetime lifetimeForCache(const CachingHeaders& headers, const IgnoredHeaders& ignored);

// True if lifetimeForCache() goes by other headers than the Cache-Control and Expires that clients
// see.
bool hasOwnLifetime(const CachingHeaders& headers, const IgnoredHeaders& ignored);

struct LifetimeRequest {
    Reason reason = Reason::publicImage;    // publicImage, variant or signedUrl
    std::optional<std::int64_t> grantLeft;  // seconds until the signature expires; empty: never
    std::optional<std::int64_t> fallback;   // used where the origin gave no lifetime; empty: none
    bool isForRequester = false;      // it depends on who asks: Authorization, or a personal mark
    bool sharedCacheAllowed = false;  // private_image_shared_cache
};

// The value of Cache-Control for the client; empty: send none (an original of which the origin
// said nothing). Under a signature nothing in it outlives the grant. The origin's no-transform
// and immutable are passed on in each case.
std::string clientCacheControl(const OriginLifetime& origin, const LifetimeRequest& request);

}  // namespace private_image
