#include "image_state/origin_state.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "access/digest.hpp"

namespace private_image {
namespace {

bool isFromFuture(const OriginState& state, Milliseconds now) {
    return state.observedAt > now + clockLeeway;
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

std::uint32_t staleWindow(std::optional<std::int64_t> seconds) {
    return seconds ? static_cast<std::uint32_t>(
                         std::clamp<std::int64_t>(*seconds, 0, OriginState::operatorDefault - 1))
                   : OriginState::operatorDefault;
}

// `window`: seconds.
bool isWithin(const OriginState& state, Milliseconds now, std::int64_t window) {
    return now < state.freshUntil + Milliseconds{window} * 1000 && !isFromFuture(state, now);
}

std::int64_t windowOf(std::uint32_t window, std::int64_t useStale) {
    return window == OriginState::operatorDefault ? useStale : std::int64_t{window};
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
        revision.etag |= 1;  // 0 means no ETag
    }
    return revision;
}

bool isSameRevision(const Revision& a, const Revision& b) {
    return a.isKnown() && a == b;
}

void setLifetime(OriginState& state, const OriginLifetime& origin, std::int64_t age,
                 std::int64_t fallback) {
    state.freshUntil = state.observedAt + lifetimeOf(origin, age, fallback) * 1000;
    const bool mayBeStale = mayBeKept(origin) && !origin.mustRevalidate;
    state.staleIfError = mayBeStale ? staleWindow(origin.staleIfError) : 0;
    state.staleWhileRevalidate = mayBeStale ? staleWindow(origin.staleWhileRevalidate) : 0;
}

bool mayBeKept(const OriginLifetime& origin) {
    return !origin.noStore && !origin.noCache && !origin.privateOnly;
}

bool isMarkReliable(const OriginState& state, Milliseconds now, Milliseconds markValid) {
    return markValid > 0 && now - state.observedAt <= markValid && !isFromFuture(state, now);
}

bool isFresh(const OriginState& state, Milliseconds now) {
    return isWithin(state, now, 0);
}

bool isUsableOnError(const OriginState& state, Milliseconds now, std::int64_t useStale) {
    return isWithin(state, now, windowOf(state.staleIfError, useStale));
}

bool isUsableWhileRefreshing(const OriginState& state, Milliseconds now, std::int64_t useStale) {
    return isWithin(state, now, windowOf(state.staleWhileRevalidate, useStale));
}

OriginState mergeStates(const OriginState& earlier, const OriginState& later) {
    const bool isInOrder = earlier.observedAt <= later.observedAt;
    const OriginState& older = isInOrder ? earlier : later;
    OriginState result = isInOrder ? later : earlier;
    const bool staysPrivate =
        older.mark == Mark::privateImage &&
        (isSameRevision(older.revision, result.revision) || older.observedAt == result.observedAt);
    if (staysPrivate) {
        result.mark = Mark::privateImage;
    }
    return result;
}

}  // namespace private_image
