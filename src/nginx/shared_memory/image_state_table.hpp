// What is remembered per original in shared memory: mark, revision, freshness, that it is missing,
// when it was purged. Knows no requests.
#pragma once

#include <optional>

#include "image_state/image_key.hpp"
#include "image_state/origin_state.hpp"
#include "image_state/purge_journal.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// In shared memory. Known, missing and purged originals have a queue each, newest first: a flood of
// one kind never evicts another.
struct ImageStateTable {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    struct Share {
        ngx_queue_t queue;
        std::uint64_t count;
        std::uint64_t most;  // known ones take what the others leave
        std::uint64_t evictions;
    } known, missing, purged;
    // Of purges that were forgotten: what was asked for up to then is void, unless the table has
    // known the original ever since.
    Milliseconds purgedBefore;
    Milliseconds voidBefore;  // what was asked for up to then is void
};

struct Remembered {
    std::optional<OriginState> originState;
    bool isMissing = false;     // known to be missing, for a while yet
    Milliseconds purgedAt = 0;  // what was asked for up to then is void; 0: never
};

// All of them do nothing, and recall nothing, without a zone.
Remembered recall(const ImageKey& image, Milliseconds now);

// Keeps what an answer said that was asked for at `askedAt`, unless it was purged since. Returns
// what the answer is to be judged by: what is known from now on (a private mark is sticky), or
// itself, if another revision was read later; then, too, private wins.
OriginState remember(const ImageKey& image, const OriginState& state, Milliseconds askedAt);

// It was looked for at `askedAt`, and is missing: forgets its mark and revision. What was asked for
// up to then is void until it is seen again.
void rememberMissing(const ImageKey& image, Milliseconds until, Milliseconds askedAt);

// Its mark and revision are not known any more; a purge stays.
void forget(const ImageKey& image);

// Voids everything that was asked for up to now.
void purge(const ImageKey& image, Milliseconds now);

// When a zone begins, whose room is divided among the shares.
void beginImages(ImageStateTable& images, const ngx_slab_pool_t* pool);

// What was purged before a restart. Under the lock.
void takeOver(ImageStateTable& images, ngx_slab_pool_t* pool, const PurgeHistory& history);

// Zeroed room in the zone, for which the least used originals are forgotten. Under the lock. Null
// if there is none even so.
void* allocate(ImageStateTable& images, ngx_slab_pool_t* pool, std::size_t size);

}  // namespace private_image
