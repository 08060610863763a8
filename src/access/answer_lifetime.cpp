#include "access/answer_lifetime.hpp"

#include <algorithm>

namespace private_image {
namespace {

void shorten(OriginLifetime& lifetime, std::int64_t max) {
    const bool namesNone = !lifetime.maxAge && !lifetime.sharedMaxAge;
    if (lifetime.maxAge || namesNone) {
        lifetime.maxAge = std::min(lifetime.maxAge.value_or(max), max);
    }
    if (lifetime.sharedMaxAge) {
        lifetime.sharedMaxAge = std::min(*lifetime.sharedMaxAge, max);
    }
}

OriginLifetime withOriginsDirectives(OriginLifetime lifetime, const OriginLifetime& origin) {
    lifetime.noTransform = lifetime.noTransform || origin.noTransform;
    lifetime.immutable = lifetime.immutable || origin.immutable;
    return lifetime;
}

}  // namespace

std::int64_t derivativeFallback(std::int64_t fallback, std::optional<std::int64_t> accelExpires) {
    return accelExpires ? std::min(fallback, std::max<std::int64_t>(*accelExpires, 0)) : fallback;
}

std::optional<std::int64_t> stricter(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    return a && b ? std::min(*a, *b) : a ? a : b;
}

OriginLifetime originalLifetime(const CachingHeaders& written, const OriginLifetime& origin) {
    return withOriginsDirectives(readOriginLifetime(written.cacheControl, written.expires), origin);
}

OriginLifetime derivativeLifetime(const CachingHeaders& written, bool isReplaced,
                                  const DerivativeLifetime& derivative) {
    CachingHeaders all = written;
    const bool isOriginsAlone = written.cacheControl.empty() && !written.expires;
    if (!isReplaced) {
        all.cacheControl += (all.cacheControl.empty() ? "" : ", ") + derivative.cacheControl;
        all.expires = all.expires ? all.expires : derivative.expires;
    }
    OriginLifetime lifetime =
        withOriginsDirectives(readOriginLifetime(all.cacheControl, all.expires),
                              readOriginLifetime(derivative.cacheControl, std::nullopt));
    if (isOriginsAlone && derivative.maxRemaining) {
        shorten(lifetime, *derivative.maxRemaining);
    }
    return lifetime;
}

}  // namespace private_image
