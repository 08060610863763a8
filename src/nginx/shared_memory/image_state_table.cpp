// The records of the table: how they are found, which share each belongs to, and which is evicted
// when room is short.
#include "nginx/shared_memory/image_state_table.hpp"

#include <algorithm>
#include <new>

#include "nginx/shared_memory/claims.hpp"
#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

using Share = ImageStateTable::Share;

enum class Kind : u_char { known, missing, purged };

// The state of one original. Its tree node's `data` is its Kind. A purged original stays with the
// purged ones when it is known again, so that no flood evicts a purge.
struct ImageRecord : KeyedNode, ngx_queue_t, StoredImageState {};

// NGINX's slab allocator rounds sizes up to powers of two.
constexpr std::size_t recordSize = 128;
static_assert(sizeof(ImageRecord) == recordSize);

Kind kindOf(const ImageRecord& record) {
    return static_cast<Kind>(record.data);
}

Share& shareOf(ImageStateTable& images, Kind kind) {
    switch (kind) {
        case Kind::missing:
            return images.missing;
        case Kind::purged:
            return images.purged;
        case Kind::known:
            break;
    }
    return images.known;
}

ImageRecord* findRecord(const ImageStateTable& images, const ImageKey& image) {
    return static_cast<ImageRecord*>(find(images.tree, image));
}

// Answers to requests sent up to then are void.
Milliseconds purgeTime(const ImageStateTable& images, const ImageRecord* record) {
    return record == nullptr ? images.purgedBefore : std::max(record->purgedAt, images.voidBefore);
}

// ------------------------------------------------------------------ shares

void leaveShare(ImageStateTable& images, ImageRecord& record) {
    ngx_queue_t* place = &record;
    ngx_queue_remove(place);
    shareOf(images, kindOf(record)).count--;
}

// The purges that the record stands for must still count afterwards.
void evictOldest(ImageStateTable& images, ngx_slab_pool_t* pool, Share& share) {
    auto* record = static_cast<ImageRecord*>(ngx_queue_last(&share.queue));
    leaveShare(images, *record);
    share.evictions++;
    images.purgedBefore = std::max(images.purgedBefore, record->purgedAt);
    ngx_rbtree_delete(&images.tree, record);
    ngx_slab_free_locked(pool, record);
}

void enterShare(ImageStateTable& images, ngx_slab_pool_t* pool, ImageRecord& record, Kind kind) {
    Share& share = shareOf(images, kind);
    record.data = static_cast<u_char>(kind);
    ngx_queue_t* place = &record;
    ngx_queue_insert_head(&share.queue, place);
    share.count++;
    while (share.count > share.max) {
        evictOldest(images, pool, share);
    }
}

void moveTo(ImageStateTable& images, ngx_slab_pool_t* pool, ImageRecord& record, Kind kind) {
    leaveShare(images, record);
    enterShare(images, pool, record, kind);
}

// Purged originals keep the order of their purges: evicting the oldest purge voids the fewest
// answers.
void moveUnlessPurged(ImageStateTable& images, ngx_slab_pool_t* pool, ImageRecord& record,
                      Kind kind) {
    if (kindOf(record) != Kind::purged) {
        moveTo(images, pool, record, kind);
    }
}

// Null if the zone has no room.
ImageRecord* addRecord(ImageStateTable& images, ngx_slab_pool_t* pool, const ImageKey& image,
                       Kind kind) {
    void* room = allocate(images, pool, sizeof(ImageRecord));
    if (room == nullptr) {
        return nullptr;
    }
    auto* record = new (room) ImageRecord{};
    record->purgedAt = images.purgedBefore;
    insert(images.tree, *record, image);
    enterShare(images, pool, *record, kind);
    return record;
}

// ------------------------------------------------------------------ states

void purgeRecord(ImageStateTable& images, ngx_slab_pool_t* pool, const Purge& purge) {
    ImageRecord* record = findRecord(images, purge.image);
    if (record == nullptr) {
        record = addRecord(images, pool, purge.image, Kind::purged);
    }
    if (record == nullptr) {
        images.purgedBefore = std::max(images.purgedBefore, purge.at);
        return;
    }
    storePurge(*record, purge.at);
    moveTo(images, pool, *record, Kind::purged);
}

ImageState readState(const ImageKey& image, Milliseconds now) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return {};
    }
    const ZoneLock lock;
    ImageRecord* record = findRecord(zone->images, image);
    ImageState state{std::nullopt, false, purgeTime(zone->images, record)};
    if (record != nullptr) {
        moveUnlessPurged(zone->images, zonePool(), *record, kindOf(*record));
        state = stateAt(*record, state.purgedAt, now);
    }
    if (const auto digest = pinOf(zone->claims, image)) {
        OriginState pinned;
        pinned.mark = Mark::privateImage;
        pinned.policyDigest = *digest;
        pinned.observedAt = now;
        state.originState = pinned;
        state.isMissing = false;
    }
    return state;
}

// What is read while a private upload is being stored may be of the image that it replaces, or of a
// copy whose mark was not seen yet.
OriginState storeState(const ImageKey& image, OriginState state, Milliseconds requestedAt) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return state;
    }
    const ZoneLock lock;
    ImageStateTable& images = zone->images;
    if (pinOf(zone->claims, image)) {
        state.mark = Mark::privateImage;
    }
    ImageRecord* record = findRecord(images, image);
    const bool isVoid = requestedAt <= purgeTime(images, record);
    if (record == nullptr && !isVoid) {
        record = addRecord(images, zonePool(), image, Kind::known);
    }
    if (record == nullptr) {
        return state;
    }
    const StoreResult result = storeAnswer(*record, state, isVoid);
    if (result.isStored) {
        moveUnlessPurged(images, zonePool(), *record, Kind::known);
    }
    return result.judged;
}

}  // namespace

// ------------------------------------------------------------------ requests

ImageState readImageState(const ImageKey& image, Milliseconds now,
                          [[maybe_unused]] ngx_log_t* log) {
    const ImageState state = readState(image, now);
    [[maybe_unused]] const std::string_view mark =
        state.originState ? markWord(state.originState->mark) : std::string_view("unread");
    ngx_log_debug5(NGX_LOG_DEBUG_HTTP, log, 0,
                   "private_image: image state: mark \"%*s\", %L ms old%s%s", mark.size(),
                   mark.data(), state.originState ? now - state.originState->observedAt : 0,
                   state.isMissing ? ", missing" : "", state.purgedAt != 0 ? ", purged" : "");
    return state;
}

OriginState storeOriginState(const ImageKey& image, const OriginState& state,
                             Milliseconds requestedAt, [[maybe_unused]] ngx_log_t* log) {
    const OriginState judged = storeState(image, state, requestedAt);
    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, log, 0,
                   "private_image: image state stored: mark \"%*s\", judged as \"%*s\"",
                   markWord(state.mark).size(), markWord(state.mark).data(),
                   markWord(judged.mark).size(), markWord(judged.mark).data());
    return judged;
}

void storeMissing(const ImageKey& image, Milliseconds until, Milliseconds requestedAt,
                  [[maybe_unused]] ngx_log_t* log) {
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: image state stored: missing");
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    ImageStateTable& images = zone->images;
    ImageRecord* record = findRecord(images, image);
    const bool isVoid = requestedAt <= purgeTime(images, record);
    if (isVoid) {
        return;
    }
    if (record == nullptr) {
        record = addRecord(images, zonePool(), image, Kind::missing);
    }
    if (record != nullptr && storeNotFound(*record, until, requestedAt)) {
        // Only names that were never known have a share of their own, since any client can invent
        // them.
        const bool wasKnown = record->originState.revision.isKnown();
        moveUnlessPurged(images, zonePool(), *record, wasKnown ? Kind::known : Kind::missing);
    }
}

void forgetOriginState(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    if (ImageRecord* record = findRecord(zone->images, image)) {
        record->originState = {};
        record->missingUntil = 0;
    }
}

void storePurge(const ImageKey& image, Milliseconds now) {
    if (ZoneState* zone = zoneState()) {
        const ZoneLock lock;
        purgeRecord(zone->images, zonePool(), {image, now});
    }
}

// ------------------------------------------------------------------ the zone

void initImageStates(ImageStateTable& images, const ngx_slab_pool_t* pool) {
    initTree(images.tree, images.sentinel);
    const std::uint64_t capacity = pool->pfree * ngx_pagesize / recordSize;
    images.known.max = capacity;
    images.missing.max = std::max<std::uint64_t>(capacity / 16, 1);
    images.purged.max = std::max<std::uint64_t>(capacity / 8, 1);
    for (Share* share : {&images.known, &images.missing, &images.purged}) {
        ngx_queue_init(&share->queue);
    }
}

void restorePurges(ImageStateTable& images, ngx_slab_pool_t* pool, const PurgeHistory& history) {
    images.voidBefore = std::max(images.voidBefore, history.purgedBefore);
    images.purgedBefore = std::max(images.purgedBefore, images.voidBefore);
    for (const Purge& purge : history.purges) {
        if (purge.at > images.voidBefore) {
            purgeRecord(images, pool, purge);
        }
    }
}

void* allocate(ImageStateTable& images, ngx_slab_pool_t* pool, std::size_t size) {
    while (true) {
        if (void* room = ngx_slab_calloc_locked(pool, size)) {
            return room;
        }
        Share* shares[] = {&images.known, &images.missing, &images.purged};
        const auto share =
            std::ranges::find_if(shares, [](const Share* one) { return one->count; });
        if (share == std::end(shares)) {
            return nullptr;
        }
        evictOldest(images, pool, **share);
    }
}

}  // namespace private_image
