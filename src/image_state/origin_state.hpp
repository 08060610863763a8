// The image state: what an origin's answer stated about an original, and how long it is valid.
#pragma once

#include <cstdint>
#include <string_view>

#include "access/cache_lifetime.hpp"
#include "access/privacy_mark.hpp"

namespace private_image {

// Since the unix epoch, by the wall clock, so that times stay valid after a restart.
using Milliseconds = std::int64_t;

// The difference between the clocks of workers: NGINX reads the time once per cycle of its event
// loop, or at the interval of timer_resolution.
inline constexpr Milliseconds clockLeeway = 1000;

// ETag and Last-Modified. Without both, no two revisions are known to be the same.
struct Revision {
    std::uint64_t etag = 0;          // digest of the ETag; 0: none
    std::int64_t lastModified = -1;  // seconds since the epoch; -1: none

    bool isKnown() const { return etag != 0 || lastModified != -1; }
    bool operator==(const Revision&) const = default;
};

// `etag`: the header's value; empty: none. A leading "W/" is ignored.
Revision revisionOf(std::string_view etag, std::int64_t lastModified);

// True if both are known and equal.
bool isSameRevision(const Revision& a, const Revision& b);

struct OriginState {
    Mark mark = Mark::unknown;           // unknown: no flag; private_image_unmarked applies
    bool isReachableAroundGate = false;  // its location serves clients directly, without the gate
    std::uint32_t policyDigest = 0;  // digest of the flag headers and the origin it was read with
    Revision revision;
    Milliseconds observedAt = 0;
    Milliseconds freshUntil = 0;
    // For how many seconds after freshUntil a derivative may still be served, by the origin's
    // headers.
    static constexpr std::uint32_t operatorDefault =
        UINT32_MAX;  // not sent: the configuration applies
    std::uint32_t staleIfError = operatorDefault;
    std::uint32_t staleWhileRevalidate = operatorDefault;
};

// The configured lifetimes, in seconds, if the origin sends no lifetime. An image state keeps the
// fallback of the location that read it.
struct LifetimePolicy {
    std::int64_t fallback = 3600;  // private_image_cache_valid
    std::int64_t useStale = 0;     // private_image_cache_use_stale; 0: off
};

// Sets freshUntil and the stale windows, counted from observedAt. s-maxage overrides max-age.
// `age`, the seconds of the Age header, is subtracted from the origin's lifetime, but not from
// `fallback`, which is in seconds, too. must-revalidate forbids stale use; what must not be kept is
// never fresh.
void setLifetime(OriginState& state, const OriginLifetime& origin, std::int64_t age,
                 std::int64_t fallback);

// False if the origin forbids to keep a derivative: no-store, no-cache, private.
bool mayBeKept(const OriginLifetime& origin);

// True if the mark was read at most `markValid` ago; false if `markValid` is 0. A state that was
// read in the future by more than clockLeeway, because a clock was set back, is neither reliable
// nor fresh nor usable.
bool isMarkReliable(const OriginState& state, Milliseconds now, Milliseconds markValid);

bool isFresh(const OriginState& state, Milliseconds now);

// True if a derivative may be served although it is no longer fresh, because the origin fails or a
// refresh is running. `useStale`: private_image_cache_use_stale, in seconds.
bool isUsableOnError(const OriginState& state, Milliseconds now, std::int64_t useStale);
bool isUsableWhileRefreshing(const OriginState& state, Milliseconds now, std::int64_t useStale);

// Merges two states of one image: the newer one, but a private mark of the same revision remains.
// Of two states from the same millisecond, private wins.
OriginState mergeStates(const OriginState& earlier, const OriginState& later);

}  // namespace private_image
