// The arithmetic of how long a reading is good for. Who reads, and where it is kept, is left to the
// callers.
#include "memory/image_reading.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "access/digest.hpp"

namespace private_image {
namespace {

bool isFromFuture(const Reading& reading, Milliseconds now) {
    return reading.readAt > now + clockLeeway;
}

std::int64_t lifetimeOf(const OriginLifetime& origin, std::int64_t age, std::int64_t fallback) {
    if (!mayBeKept(origin)) {
        return 0;
    }
    if (!origin.sharedMaxAge && !origin.maxAge) {
        return std::max<std::int64_t>(fallback, 0);
    }
    const std::int64_t lifetime = origin.sharedMaxAge ? *origin.sharedMaxAge : *origin.maxAge;
    return std::max<std::int64_t>(lifetime - std::max<std::int64_t>(age, 0), 0);
}

std::uint32_t staleWindow(std::optional<std::int64_t> said, std::int64_t fallback) {
    constexpr std::int64_t longest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(said.value_or(fallback), 0, longest));
}

bool isWithin(const Reading& reading, Milliseconds now, std::uint32_t staleSeconds) {
    return now < reading.freshUntil + Milliseconds{staleSeconds} * 1000 &&
           !isFromFuture(reading, now);
}

}  // namespace

Revision revisionOf(std::string_view etag, std::int64_t lastModified) {
    if (etag.starts_with("W/")) {
        etag.remove_prefix(2);
    }
    Revision revision{0, std::max<std::int64_t>(lastModified, -1)};
    if (!etag.empty()) {
        const Sha256 digest = sha256(etag);
        std::memcpy(&revision.etag, digest.data(), sizeof(revision.etag));
        revision.etag |= 1;  // 0 stands for none
    }
    return revision;
}

bool isSameRevision(const Revision& a, const Revision& b) {
    return a.isKnown() && a == b;
}

void setLifetime(Reading& reading, const OriginLifetime& origin, std::int64_t age,
                 const LifetimePolicy& policy) {
    reading.freshUntil = reading.readAt + lifetimeOf(origin, age, policy.fallback) * 1000;
    const bool mayBeStale = mayBeKept(origin) && !origin.mustRevalidate;
    reading.staleIfError = mayBeStale ? staleWindow(origin.staleIfError, policy.useStale) : 0;
    reading.staleWhileRevalidate =
        mayBeStale ? staleWindow(origin.staleWhileRevalidate, policy.useStale) : 0;
}

bool mayBeKept(const OriginLifetime& origin) {
    return !origin.noStore && !origin.noCache && !origin.privateOnly;
}

bool isMarkReliable(const Reading& reading, Milliseconds now, Milliseconds markValid) {
    return now - reading.readAt <= markValid && !isFromFuture(reading, now);
}

bool isFresh(const Reading& reading, Milliseconds now) {
    return isWithin(reading, now, 0);
}

bool isUsableOnError(const Reading& reading, Milliseconds now) {
    return isWithin(reading, now, reading.staleIfError);
}

bool isUsableWhileRefreshing(const Reading& reading, Milliseconds now) {
    return isWithin(reading, now, reading.staleWhileRevalidate);
}

Reading joined(const Reading& earlier, const Reading& later) {
    const bool isInOrder = earlier.readAt <= later.readAt;
    const Reading& older = isInOrder ? earlier : later;
    Reading result = isInOrder ? later : earlier;
    const bool staysPrivate =
        older.said == Mark::privateImage &&
        (isSameRevision(older.revision, result.revision) || older.readAt == result.readAt);
    if (staysPrivate) {
        result.said = Mark::privateImage;
    }
    return result;
}

}  // namespace private_image
