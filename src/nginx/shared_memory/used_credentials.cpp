#include "nginx/shared_memory/used_credentials.hpp"

#include <new>

#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

struct UsedCredential : KeyedNode, ngx_queue_t {
    std::int64_t until = 0;
};

void remove(UsedCredentials& used, ngx_slab_pool_t* pool, UsedCredential* credential) {
    ngx_queue_t* place = credential;
    ngx_queue_remove(place);
    ngx_rbtree_delete(&used.tree, credential);
    ngx_slab_free_locked(pool, credential);
}

// They expire about in the order in which they came: what expires earlier than its predecessor
// waits for that.
void removeExpired(UsedCredentials& used, ngx_slab_pool_t* pool, std::int64_t now) {
    while (!ngx_queue_empty(&used.queue)) {
        ngx_queue_t* last = ngx_queue_last(&used.queue);
        auto* credential = static_cast<UsedCredential*>(last);
        if (credential->until >= now) {
            return;
        }
        remove(used, pool, credential);
    }
}

}  // namespace

CredentialUse useCredential(const std::array<unsigned char, 16>& digest, std::int64_t until,
                            std::int64_t now) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return CredentialUse::noRoom;
    }
    const ZoneLock lock;
    UsedCredentials& used = zone->usedCredentials;
    removeExpired(used, zonePool(), now);
    if (find(used.tree, digest) != nullptr) {
        return CredentialUse::again;
    }
    void* room = allocate(zone->images, zonePool(), sizeof(UsedCredential));
    if (room == nullptr) {
        return CredentialUse::noRoom;
    }
    auto* credential = new (room) UsedCredential{};
    credential->until = until;
    insert(used.tree, *credential, digest);
    ngx_queue_t* place = credential;
    ngx_queue_insert_head(&used.queue, place);
    return CredentialUse::first;
}

void forgetCredential(const std::array<unsigned char, 16>& digest) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    UsedCredentials& used = zone->usedCredentials;
    if (auto* credential = static_cast<UsedCredential*>(find(used.tree, digest))) {
        remove(used, zonePool(), credential);
    }
}

void initUsedCredentials(UsedCredentials& used) {
    initTree(used.tree, used.sentinel);
    ngx_queue_init(&used.queue);
}

}  // namespace private_image
