// The lifetime of an answer: what the operator's directives have written into its header, joined
// with what its origin or its record says.
#pragma once

#include <cstdint>
#include <optional>

#include "access/cache_lifetime.hpp"

namespace private_image {

// A derivative's lifetime for clients, beside what the operator's directives write.
struct DerivativeLifetime {
    std::string cacheControl;                  // of all originals together
    std::optional<std::int64_t> expires;       // seconds that Expires leaves
    std::int64_t fallback = 0;                 // where no header names a lifetime; seconds
    std::optional<std::int64_t> maxRemaining;  // what its sources have left by now; seconds
};

// The fallback of a derivative, seconds: no longer than this server's own cache keeps it.
// `fallback`: private_image_cache_valid; `accelExpires`: as readAccelExpires() returned it.
std::int64_t derivativeFallback(std::int64_t fallback, std::optional<std::int64_t> accelExpires);

// The lower of two limits, where each may be missing.
std::optional<std::int64_t> stricter(std::optional<std::int64_t> a, std::optional<std::int64_t> b);

// `written`: Cache-Control and Expires in the answer's header, after add_header and expires;
// `origin`: of the same answer before them. No directive of the operator removes no-transform and
// immutable of the origin.
OriginLifetime originalLifetime(const CachingHeaders& written, const OriginLifetime& origin);

// `isReplaced`: the `expires` directive has replaced what the origin sent. What the sources have
// left limits the derivative only where the operator has written nothing.
OriginLifetime derivativeLifetime(const CachingHeaders& written, bool isReplaced,
                                  const DerivativeLifetime& derivative);

}  // namespace private_image
