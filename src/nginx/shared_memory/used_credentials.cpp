#include "nginx/shared_memory/used_credentials.hpp"

#include <new>

#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

struct UsedCredential : KeyedNode, ngx_queue_t {
    std::int64_t until = 0;
    std::uint64_t owner = 0;  // of a lock; of a pin: the policy digest
};

UsedCredential* findIn(const UsedCredentials& used, const std::array<unsigned char, 16>& digest) {
    return static_cast<UsedCredential*>(find(used.tree, digest));
}

// Pins have keys of their own beside those of the images.
ImageKey pinKey(ImageKey image) {
    for (unsigned char& byte : image) {
        byte ^= 0xA5;
    }
    return image;
}

UsedCredential* add(ZoneState& zone, const std::array<unsigned char, 16>& digest,
                    std::int64_t until, std::uint64_t owner) {
    void* room = allocate(zone.images, zonePool(), sizeof(UsedCredential));
    if (room == nullptr) {
        return nullptr;
    }
    auto* credential = new (room) UsedCredential{};
    credential->until = until;
    credential->owner = owner;
    insert(zone.usedCredentials.tree, *credential, digest);
    ngx_queue_t* place = credential;
    ngx_queue_insert_head(&zone.usedCredentials.queue, place);
    return credential;
}

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

template <typename Change>
void changeOwned(const std::array<unsigned char, 16>& digest, std::uint64_t owner, Change change) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    UsedCredential* found = findIn(zone->usedCredentials, digest);
    if (found != nullptr && found->owner == owner) {
        change(*zone, *found);
    }
}

}  // namespace

CredentialUse useCredential(const std::array<unsigned char, 16>& digest, std::int64_t until,
                            std::int64_t now, std::uint64_t owner) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return CredentialUse::noRoom;
    }
    const ZoneLock lock;
    UsedCredentials& used = zone->usedCredentials;
    removeExpired(used, zonePool(), now);
    UsedCredential* found = findIn(used, digest);
    if (found != nullptr && found->until >= now) {
        return CredentialUse::again;
    }
    if (found != nullptr) {
        remove(used, zonePool(), found);
    }
    return add(*zone, digest, until, owner) == nullptr ? CredentialUse::noRoom
                                                       : CredentialUse::first;
}

void forgetCredential(const std::array<unsigned char, 16>& digest, std::uint64_t owner) {
    changeOwned(digest, owner, [](ZoneState& zone, UsedCredential& owned) {
        remove(zone.usedCredentials, zonePool(), &owned);
    });
}

void renewCredential(const std::array<unsigned char, 16>& digest, std::uint64_t owner,
                     std::int64_t until) {
    changeOwned(digest, owner, [&](ZoneState&, UsedCredential& owned) { owned.until = until; });
}

bool pinPrivate(const ImageKey& image, std::uint32_t policyDigest, std::int64_t until) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return false;
    }
    const ZoneLock lock;
    UsedCredential* pin = findIn(zone->usedCredentials, pinKey(image));
    if (pin == nullptr) {
        pin = add(*zone, pinKey(image), until, policyDigest);
    }
    if (pin == nullptr) {
        return false;
    }
    pin->until = until;
    pin->owner = policyDigest;
    return true;
}

void unpinPrivate(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    if (UsedCredential* pin = findIn(zone->usedCredentials, pinKey(image))) {
        remove(zone->usedCredentials, zonePool(), pin);
    }
}

bool isPinned(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return false;
    }
    const ZoneLock lock;
    return pinOf(zone->usedCredentials, image).has_value();
}

std::optional<std::uint32_t> pinOf(const UsedCredentials& used, const ImageKey& image) {
    const UsedCredential* pin = findIn(used, pinKey(image));
    if (pin == nullptr || pin->until < ngx_time()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(pin->owner);
}

void initUsedCredentials(UsedCredentials& used) {
    initTree(used.tree, used.sentinel);
    ngx_queue_init(&used.queue);
}

}  // namespace private_image
