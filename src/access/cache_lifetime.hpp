// How long an answer may be cached, and by which caches. Parses and writes Cache-Control.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/reason.hpp"

namespace private_image {

// The lifetime that the origin sent. In seconds; at most a year.
struct OriginLifetime {
    bool noStore = false;
    bool noCache = false;
    bool privateOnly = false;
    bool mustRevalidate = false;
    bool immutable = false;
    bool noTransform = false;
    bool countsFromNow = false;                // maxAge begins now; Age does not count
    std::optional<std::int64_t> maxAge;        // Cache-Control max-age, else from Expires
    std::optional<std::int64_t> sharedMaxAge;  // s-maxage
    std::optional<std::int64_t> staleWhileRevalidate;
    std::optional<std::int64_t> staleIfError;
};

// `cacheControl`: all values of the header, joined by ", ". `expires`: seconds from now until
// Expires, if the origin sent one; negative: in the past; -1 also for a malformed one. Of duplicate
// directives the strictest counts, and a malformed number is 0.
OriginLifetime readOriginLifetime(std::string_view cacheControl,
                                  std::optional<std::int64_t> expires);

// The headers of an origin's answer by which NGINX decides whether and how long to cache it.
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

// The value of X-Accel-Expires: seconds, or a unix time after "@". Returns seconds from `now` (a
// unix time); 0: the answer must not be cached; negative: the time is in the past. Empty if it is
// malformed, because NGINX ignores it then.
std::optional<std::int64_t> readAccelExpires(std::string_view value, std::int64_t now);

// The lifetime of a derivative in our own cache, by the rules of proxy_cache: X-Accel-Expires
// overrides Cache-Control, which overrides Expires; "Vary: *" forbids caching. An ignored header
// counts as not sent. Set-Cookie does not count: a derivative has no cookies, and the origin gets
// none of the client's. Clients get the lifetime of readOriginLifetime(), which ignores nothing.
OriginLifetime lifetimeForCache(const CachingHeaders& headers, const IgnoredHeaders& ignored);

// True if lifetimeForCache() depends on other headers than the Cache-Control and Expires that
// clients get.
bool hasOwnLifetime(const CachingHeaders& headers, const IgnoredHeaders& ignored);

struct LifetimeRequest {
    Reason reason = Reason::publicImage;  // publicImage, variant or signedUrl
    std::optional<std::int64_t>
        grantLeft;  // seconds until the signature expires; empty: it never does
    std::optional<std::int64_t> fallback;  // seconds, if the origin sent no lifetime; may be empty
    bool isForRequester =
        false;  // the answer depends on the client: Authorization, or a personal mark
    bool sharedCacheAllowed = false;  // private_image_shared_cache
};

// The value of Cache-Control for the client; empty: send no such header (an original for which the
// origin sent no lifetime). With a signature, no lifetime exceeds the grant. The origin's
// no-transform and immutable are always included.
std::string clientCacheControl(const OriginLifetime& origin, const LifetimeRequest& request);

}  // namespace private_image
