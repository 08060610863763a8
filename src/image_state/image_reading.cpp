// The arithmetic of how long a reading is good for. Who reads, and where it is kept, is left to the
// callers.
#include "image_state/image_reading.hpp"

#include <algorithm>
#include <cstring>
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
    const std::int64_t used = origin.countsFromNow ? 0 : std::max<std::int64_t>(age, 0);
    return std::max<std::int64_t>(lifetime - used, 0);
}

std::uint32_t staleWindow(std::optional<std::int64_t> said) {
    return said ? static_cast<std::uint32_t>(
                      std::clamp<std::int64_t>(*said, 0, Reading::operators - 1))
                : Reading::operators;
}

// `window`: seconds.
bool isWithin(const Reading& reading, Milliseconds now, std::int64_t window) {
    return now < reading.freshUntil + Milliseconds{window} * 1000 && !isFromFuture(reading, now);
}

std::int64_t windowOf(std::uint32_t said, std::int64_t useStale) {
    return said == Reading::operators ? useStale : std::int64_t{said};
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
                 std::int64_t fallback) {
    reading.freshUntil = reading.readAt + lifetimeOf(origin, age, fallback) * 1000;
    const bool mayBeStale = mayBeKept(origin) && !origin.mustRevalidate;
    reading.staleIfError = mayBeStale ? staleWindow(origin.staleIfError) : 0;
    reading.staleWhileRevalidate = mayBeStale ? staleWindow(origin.staleWhileRevalidate) : 0;
}

bool mayBeKept(const OriginLifetime& origin) {
    return !origin.noStore && !origin.noCache && !origin.privateOnly;
}

bool isMarkReliable(const Reading& reading, Milliseconds now, Milliseconds markValid) {
    return markValid > 0 && now - reading.readAt <= markValid && !isFromFuture(reading, now);
}

bool isFresh(const Reading& reading, Milliseconds now) {
    return isWithin(reading, now, 0);
}

bool isUsableOnError(const Reading& reading, Milliseconds now, std::int64_t useStale) {
    return isWithin(reading, now, windowOf(reading.staleIfError, useStale));
}

bool isUsableWhileRefreshing(const Reading& reading, Milliseconds now, std::int64_t useStale) {
    return isWithin(reading, now, windowOf(reading.staleWhileRevalidate, useStale));
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
