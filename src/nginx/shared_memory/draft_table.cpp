#include "nginx/shared_memory/draft_table.hpp"

#include <algorithm>
#include <new>

#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

// The text follows it in memory.
struct Draft : KeyedNode, ngx_queue_t {
    std::int64_t until = 0;
    std::size_t length = 0;
};

Draft* findIn(const DraftTable& drafts, const ImageKey& image) {
    return static_cast<Draft*>(find(drafts.tree, image));
}

u_char* textOf(Draft* draft) {
    return reinterpret_cast<u_char*>(draft + 1);
}

std::size_t sizeOf(const Draft& draft) {
    return sizeof(Draft) + draft.length;
}

void remove(DraftTable& drafts, Draft* draft) {
    ngx_queue_t* place = draft;
    ngx_queue_remove(place);
    ngx_rbtree_delete(&drafts.tree, draft);
    drafts.count--;
    drafts.bytes -= sizeOf(*draft);
    ngx_slab_free_locked(zonePool(), draft);
}

// The oldest that have expired go, and all above the bounds once `added` bytes have come.
void makeRoom(DraftTable& drafts, std::size_t added) {
    const ngx_slab_pool_t* pool = zonePool();
    const std::size_t maxBytes =
        static_cast<std::size_t>(pool->end - pool->start) / zoneFractionForDrafts;
    while (!ngx_queue_empty(&drafts.queue)) {
        auto* oldest = static_cast<Draft*>(ngx_queue_last(&drafts.queue));
        const bool fits = drafts.count < maxDrafts && drafts.bytes + added <= maxBytes;
        if (oldest->until >= ngx_time() && fits) {
            return;
        }
        remove(drafts, oldest);
    }
}

}  // namespace

void rememberDraft(const ImageKey& image, std::string_view text, std::int64_t until) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    DraftTable& drafts = zone->drafts;
    if (Draft* former = findIn(drafts, image)) {
        remove(drafts, former);
    }
    makeRoom(drafts, sizeof(Draft) + text.size());
    void* room = allocate(zone->images, zonePool(), sizeof(Draft) + text.size());
    if (room == nullptr) {
        return;
    }
    auto* draft = new (room) Draft{};
    draft->until = until;
    draft->length = text.size();
    std::ranges::copy(text, textOf(draft));
    insert(drafts.tree, *draft, image);
    ngx_queue_t* place = draft;
    ngx_queue_insert_head(&drafts.queue, place);
    drafts.count++;
    drafts.bytes += sizeOf(*draft);
}

std::optional<std::string> findDraft(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return std::nullopt;
    }
    const ZoneLock lock;
    makeRoom(zone->drafts, 0);
    Draft* draft = findIn(zone->drafts, image);
    if (draft == nullptr || draft->until < ngx_time()) {
        return std::nullopt;
    }
    return std::string(reinterpret_cast<const char*>(textOf(draft)), draft->length);
}

void forgetDraft(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    if (Draft* draft = findIn(zone->drafts, image)) {
        remove(zone->drafts, draft);
    }
}

void initDrafts(DraftTable& drafts) {
    initTree(drafts.tree, drafts.sentinel);
    ngx_queue_init(&drafts.queue);
    drafts.count = 0;
    drafts.bytes = 0;
}

}  // namespace private_image
