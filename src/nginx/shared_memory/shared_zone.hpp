// The zone of private_image_zone: one block of shared memory for all workers, kept across reloads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "nginx/host/ngx.hpp"
#include "nginx/shared_memory/claims.hpp"
#include "nginx/shared_memory/counters.hpp"
#include "nginx/shared_memory/draft_table.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "nginx/shared_memory/single_flight.hpp"

namespace private_image {

// In shared memory. A change of its layout must change the version: a reload refuses a zone of
// another version.
struct ZoneState {
    static constexpr std::uint64_t currentVersion = 4;
    struct PurgeNumbers {
        PurgeNumbers* link;
        ngx_str_t folder;
        std::uint64_t next;
    };

    std::uint64_t version;
    ImageStateTable images;
    FlightTable flights;
    Claims claims;
    DraftTable drafts;
    Counters counters;
    PurgeNumbers* purgeNumbers;  // a list of all cache folders whose journal was read
};

// What the zone needs of the configuration, which owns it.
struct ZoneSettings {
    std::vector<CounterName> counters;
    std::vector<ngx_http_file_cache_t*> caches;  // every private_image_cache_path
};

// Adds the zone to the configuration; it begins with the purge journals of all cache folders.
// `settings` must outlive the configuration. Returns null after an [emerg].
ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, ngx_str_t name, std::size_t size,
                              ZoneSettings& settings);

// When a process starts: uses the zone of its configuration; null: there is no zone.
void useZone(ngx_shm_zone_t* zone);

// The zone of the running configuration; null where private_image_zone is off.
ZoneState* zoneState();
ngx_slab_pool_t* zonePool();

// The number of the next purge in this cache folder's journal, unique over all workers. Empty
// without a zone, or for a folder of no cache.
std::optional<std::uint64_t> nextPurgeNumber(std::string_view folder);

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
