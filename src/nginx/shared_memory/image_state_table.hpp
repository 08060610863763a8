// The image state of originals, in shared memory: mark, revision, freshness, whether the original
// is missing, when it was purged.
#pragma once

#include "image_state/image_key.hpp"
#include "image_state/image_state.hpp"
#include "image_state/purge_journal.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

// In shared memory. Known, missing and purged originals have a queue each, the most recently used
// first, so that a flood of one kind never evicts another.
struct ImageStateTable {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    struct Share {
        ngx_queue_t queue;
        std::uint64_t count;
        std::uint64_t max;  // known originals may fill the whole zone
        std::uint64_t evictions;
    } known, missing, purged;
    // The newest purge that was evicted: answers to requests sent up to then are void, unless the
    // table has held the original's record since before.
    Milliseconds purgedBefore;
    Milliseconds voidBefore;  // answers to requests sent up to then are void
};

// Without a zone, the next five do nothing and return an empty state. `log` is for debugging.
ImageState readImageState(const ImageKey& image, Milliseconds now, ngx_log_t* log);

// Stores what the answer to a request of `requestedAt` states, unless the image was purged since.
// Returns what to judge the answer by: the stored state (a private mark is sticky), or `state`
// itself, if another revision was read later; then, too, private wins.
OriginState storeOriginState(const ImageKey& image, const OriginState& state,
                             Milliseconds requestedAt, ngx_log_t* log);

// Stores that a request of `requestedAt` did not find the image. Answers to requests sent up to
// then are void until it is seen again.
void storeMissing(const ImageKey& image, Milliseconds until, Milliseconds requestedAt,
                  ngx_log_t* log);

// Removes the mark and revision; a purge stays.
void forgetOriginState(const ImageKey& image);

// Voids the answers to all requests sent up to now.
void storePurge(const ImageKey& image, Milliseconds now);

// When a zone begins: divides its room among the shares.
void initImageStates(ImageStateTable& images, const ngx_slab_pool_t* pool);

// Adds the purges of before a restart. Under the lock.
void restorePurges(ImageStateTable& images, ngx_slab_pool_t* pool, const PurgeHistory& history);

// Zeroed room in the zone, for which the least recently used originals are evicted. Under the lock.
// Null if evicting all of them does not suffice.
void* allocate(ImageStateTable& images, ngx_slab_pool_t* pool, std::size_t size);

}  // namespace private_image
