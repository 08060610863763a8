#include "nginx/shared_memory/claims.hpp"

#include <new>

#include "nginx/shared_memory/shared_tree.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

struct Claim : KeyedNode, ngx_queue_t {
    std::int64_t until = 0;
    std::uint64_t owner = 0;  // of a lock; of a pin: the policy digest
};

Claim* findIn(const Claims& claims, const std::array<unsigned char, 16>& digest) {
    return static_cast<Claim*>(find(claims.tree, digest));
}

// Pins have keys of their own beside those of the images.
ImageKey pinKey(ImageKey image) {
    for (unsigned char& byte : image) {
        byte ^= 0xA5;
    }
    return image;
}

Claim* add(ZoneState& zone, const std::array<unsigned char, 16>& digest, std::int64_t until,
           std::uint64_t owner) {
    void* room = allocate(zone.images, zonePool(), sizeof(Claim));
    if (room == nullptr) {
        return nullptr;
    }
    auto* entry = new (room) Claim{};
    entry->until = until;
    entry->owner = owner;
    insert(zone.claims.tree, *entry, digest);
    ngx_queue_t* place = entry;
    ngx_queue_insert_head(&zone.claims.queue, place);
    return entry;
}

void remove(Claims& claims, ngx_slab_pool_t* pool, Claim* entry) {
    ngx_queue_t* place = entry;
    ngx_queue_remove(place);
    ngx_rbtree_delete(&claims.tree, entry);
    ngx_slab_free_locked(pool, entry);
}

// They expire about in the order in which they came: what expires earlier than its predecessor
// waits for that.
void removeExpired(Claims& claims, ngx_slab_pool_t* pool, std::int64_t now) {
    while (!ngx_queue_empty(&claims.queue)) {
        ngx_queue_t* last = ngx_queue_last(&claims.queue);
        auto* entry = static_cast<Claim*>(last);
        if (entry->until >= now) {
            return;
        }
        remove(claims, pool, entry);
    }
}

template <typename Change>
void changeOwned(const std::array<unsigned char, 16>& digest, std::uint64_t owner, Change change) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    const ZoneLock lock;
    Claim* found = findIn(zone->claims, digest);
    if (found != nullptr && found->owner == owner) {
        change(*zone, *found);
    }
}

}  // namespace

ClaimResult claim(const std::array<unsigned char, 16>& digest, std::int64_t until, std::int64_t now,
                  std::uint64_t owner) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return ClaimResult::noRoom;
    }
    const ZoneLock lock;
    Claims& claims = zone->claims;
    removeExpired(claims, zonePool(), now);
    Claim* found = findIn(claims, digest);
    if (found != nullptr && found->until >= now) {
        return ClaimResult::taken;
    }
    if (found != nullptr) {
        remove(claims, zonePool(), found);
    }
    return add(*zone, digest, until, owner) == nullptr ? ClaimResult::noRoom : ClaimResult::first;
}

void releaseClaim(const std::array<unsigned char, 16>& digest, std::uint64_t owner) {
    changeOwned(digest, owner,
                [](ZoneState& zone, Claim& owned) { remove(zone.claims, zonePool(), &owned); });
}

void renewClaim(const std::array<unsigned char, 16>& digest, std::uint64_t owner,
                std::int64_t until) {
    changeOwned(digest, owner, [&](ZoneState&, Claim& owned) { owned.until = until; });
}

bool pinPrivate(const ImageKey& image, std::uint32_t policyDigest, std::int64_t until) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return false;
    }
    const ZoneLock lock;
    Claim* pin = findIn(zone->claims, pinKey(image));
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
    if (Claim* pin = findIn(zone->claims, pinKey(image))) {
        remove(zone->claims, zonePool(), pin);
    }
}

bool isPinned(const ImageKey& image) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return false;
    }
    const ZoneLock lock;
    return pinOf(zone->claims, image).has_value();
}

std::optional<std::uint32_t> pinOf(const Claims& claims, const ImageKey& image) {
    const Claim* pin = findIn(claims, pinKey(image));
    if (pin == nullptr || pin->until < ngx_time()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(pin->owner);
}

void initClaims(Claims& claims) {
    initTree(claims.tree, claims.sentinel);
    ngx_queue_init(&claims.queue);
}

}  // namespace private_image
