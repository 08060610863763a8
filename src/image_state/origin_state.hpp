// What an origin's answer said of an original, and how far it may be relied on later. Knows neither
// HTTP nor where it is kept.
#pragma once

#include <cstdint>
#include <string_view>

#include "access/cache_lifetime.hpp"
#include "access/privacy_mark.hpp"

namespace private_image {

// Since the epoch, by the wall clock: it has to mean the same after a restart.
using Milliseconds = std::int64_t;

// What the clocks of workers may differ by: NGINX reads the time once per round of events, or as
// seldom as timer_resolution says.
inline constexpr Milliseconds clockLeeway = 1000;

// ETag and Last-Modified together. With neither, nothing can be said to be the same.
struct Revision {
    std::uint64_t etag = 0;          // digest of the ETag as the origin wrote it; 0: none
    std::int64_t lastModified = -1;  // seconds since the epoch; -1: none

    bool isKnown() const { return etag != 0 || lastModified != -1; }
    bool operator==(const Revision&) const = default;
};

// `etag` as the origin wrote it, empty: none; a leading "W/" does not count.
Revision revisionOf(std::string_view etag, std::int64_t lastModified);

// True if both are known and equal.
bool isSameRevision(const Revision& a, const Revision& b);

struct OriginState {
    Mark mark = Mark::unknown;  // unknown: the answer was silent, private_image_unmarked decides
    bool isReachableAroundGate =
        false;  // it came from a location that anybody can reach around the gate
    std::uint32_t policyDigest = 0;  // digest of how it was read: by which flags, from which origin
    Revision revision;
    Milliseconds observedAt = 0;
    Milliseconds freshUntil = 0;
    // How long past freshUntil a derivative may still be served, in seconds, as the origin has it.
    static constexpr std::uint32_t operators = UINT32_MAX;  // it is silent: the operator says
    std::uint32_t staleIfError = operators;
    std::uint32_t staleWhileRevalidate = operators;
};

// What the operator says where the origin is silent; seconds. What has been read keeps the fallback
// of the location that read it.
struct LifetimePolicy {
    std::int64_t fallback = 3600;  // private_image_cache_valid
    std::int64_t useStale = 0;     // private_image_cache_use_stale; 0: off
};

// Fills freshUntil and the stale windows from observedAt on. s-maxage goes before max-age; `age` is
// what caches before us have used of it (the Age header, 0: none), but not of the operator's own
// fallback. must-revalidate forbids staleness; what may not be kept is never fresh.
void setLifetime(OriginState& state, const OriginLifetime& origin, std::int64_t age,
                 std::int64_t fallback);

// False where the origin forbids to keep a derivative: no-store, no-cache, private.
bool mayBeKept(const OriginLifetime& origin);

// False once the mark was read longer than `markValid` ago, and always where that is 0. What was
// read in the future (by more than the second that workers' clocks may differ by), because a clock
// was set back, is neither reliable nor fresh nor usable.
bool isMarkReliable(const OriginState& state, Milliseconds now, Milliseconds markValid);

bool isFresh(const OriginState& state, Milliseconds now);

// Whether a derivative may be served past its freshness, while the origin fails or a refresh runs.
// `useStale`: private_image_cache_use_stale, seconds.
bool isUsableOnError(const OriginState& state, Milliseconds now, std::int64_t useStale);
bool isUsableWhileRefreshing(const OriginState& state, Milliseconds now, std::int64_t useStale);

// What is known once `later` was read after (or besides) `earlier`: the newer one, but a private
// mark of the same revision stays. Read in the same millisecond, private wins.
OriginState joined(const OriginState& earlier, const OriginState& later);

}  // namespace private_image
