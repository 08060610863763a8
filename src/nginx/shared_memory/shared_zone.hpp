// The zone of private_image_zone: one piece of shared memory for all workers and across reloads.
// Knows what stands where in it, not what it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "nginx/host/ngx.hpp"
#include "nginx/shared_memory/counters.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "nginx/shared_memory/single_flight.hpp"

namespace private_image {

// In shared memory. Whatever changes its layout changes the version: a zone of another version is
// not taken over.
struct ZoneState {
    static constexpr std::uint64_t currentVersion = 2;
    struct PurgeNumbers {
        PurgeNumbers* next;
        ngx_str_t folder;
        std::uint64_t following;
    };

    std::uint64_t version;
    ImageStateTable images;
    FlightTable flights;
    Counters counters;
    PurgeNumbers* purgeNumbers;  // a list: of every cache folder whose journal was read
};

// Adds the zone to the configuration; it begins with the purge journals of all cache folders.
// Returns null after an [emerg].
ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, ngx_str_t name, std::size_t size);

// When a process starts: the zone of its configuration; null: it has none.
void useZone(ngx_shm_zone_t* zone);

// The zone of the running configuration; null where private_image_zone is off.
ZoneState* zoneState();
ngx_slab_pool_t* zonePool();

// The number of the next purge in this cache folder's journal, over all workers. Empty without a
// zone, or for a folder that is no cache's.
std::optional<std::uint64_t> takePurgeNumber(std::string_view folder);

// Holds the zone's mutex.
class ZoneLock {
public:
    explicit ZoneLock(ngx_slab_pool_t* pool = zonePool()) : mutex_(&pool->mutex) {
        ngx_shmtx_lock(mutex_);
    }
    ~ZoneLock() { ngx_shmtx_unlock(mutex_); }
    ZoneLock(const ZoneLock&) = delete;

private:
    ngx_shmtx_t* mutex_;
};

}  // namespace private_image
