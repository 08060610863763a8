// What the record of a derivative says of its lifetime, made of the headers of its originals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "access/cache_lifetime.hpp"
#include "image_state/entry_record.hpp"

namespace private_image {

// The headers of one original's answer.
struct OriginalLifetime {
    const CachingHeaders& headers;
    const IgnoredHeaders& ignored;
    std::int64_t age = 0;  // seconds, the Age header
};

// True if the answer names a lifetime for clients, or forbids one.
bool namesLifetime(const CachingHeaders& headers);

// The Cache-Control of all originals together: where they name a directive twice, its readers take
// the strictest value. With several originals, an Expires without max-age becomes a max-age.
// `originals` must not be empty.
std::string combinedCacheControl(std::span<const OriginalLifetime> originals);

// True if the derivative may be stored: every original's answer has to allow it.
bool mayBeStored(std::span<const OriginalLifetime> originals);

// Fills the lifetime of a record, but for cacheControl, which points to a text of the caller.
void fillLifetime(EntryRecord& record, std::span<const OriginalLifetime> originals);

// An answer has confirmed a record of one original: what it names replaces what the record has.
// `record` points to the texts of `confirmation` afterwards.
void renewLifetime(EntryRecord& record, const OriginalLifetime& confirmation);

// How many seconds are left to the source of a derivative that is sent from the cache, by what is
// known of it now. Empty: the record itself says so, since nothing was read after it.
// `isLayer`: its headers are not in the record alone.
std::optional<std::int64_t> remainingOf(const OriginState& known, const OriginState& recorded,
                                        bool isLayer);

// What has passed, in seconds, since the original made the answer; caches after this one count with
// it. `keptSince`: when the origin was last asked, for an entry of the cache.
std::int64_t ageOf(const EntryRecord& record, std::optional<Milliseconds> keptSince,
                   Milliseconds now);

}  // namespace private_image
