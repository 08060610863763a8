// How the zone begins, afresh or taken over by a reload. What its parts mean is left to them.
#include "nginx/shared_memory/shared_zone.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "image_state/purge_journal.hpp"
#include "nginx/config/location_config.hpp"
#include "nginx/host/log.hpp"
#include "nginx/host/pool.hpp"

namespace private_image {
namespace {

using PurgeNumbers = ZoneState::PurgeNumbers;

ZoneState* runningState;
ngx_slab_pool_t* runningPool;

// ------------------------------------------------------------------ journals

PurgeNumbers* findNumbers(const ZoneState& state, std::string_view folder) {
    PurgeNumbers* numbers = state.purgeNumbers;
    while (numbers != nullptr && view(numbers->folder) != folder) {
        numbers = numbers->next;
    }
    return numbers;
}

// False if there is no room. Under the lock.
bool addNumbers(ZoneState& state, ngx_slab_pool_t* pool, std::string_view folder,
                std::uint64_t next) {
    void* room = allocate(state.images, pool, sizeof(PurgeNumbers) + folder.size());
    if (room == nullptr) {
        return false;
    }
    auto* name = static_cast<u_char*>(room) + sizeof(PurgeNumbers);
    std::ranges::copy(folder, name);
    state.purgeNumbers = new (room) PurgeNumbers{state.purgeNumbers, {folder.size(), name}, next};
    return true;
}

Milliseconds now() {
    const ngx_time_t& time = *ngx_timeofday();
    return Milliseconds{time.sec} * 1000 + time.msec;
}

// Once per zone and folder: what was purged since, the zone knows better than the journal.
bool takeOverJournal(ZoneState& state, ngx_slab_pool_t* pool, const std::string& folder,
                     ngx_log_t* log) {
    if (findNumbers(state, folder) != nullptr) {
        return true;
    }
    const PurgeJournal journal(folder);
    const PurgeHistory history = journal.read(now());
    if (!history.problem.empty()) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "private_image: \"%s\" may have told of any purge: all derivatives are "
                      "rendered again: %s",
                      journal.file().c_str(), history.problem.c_str());
    }
    const ZoneLock lock(pool);
    takeOver(state.images, pool, history);
    return addNumbers(state, pool, folder, history.next);
}

bool takeOverJournals(ZoneState& state, ngx_slab_pool_t* pool, const ngx_array_t& caches,
                      ngx_log_t* log) {
    auto** cache = static_cast<ngx_http_file_cache_t**>(caches.elts);
    return std::all_of(cache, cache + caches.nelts, [&](const ngx_http_file_cache_t* one) {
        return takeOverJournal(state, pool, std::string(view(one->path->name)), log);
    });
}

// ------------------------------------------------------------------ the beginning

// Null if there is no room.
ZoneState* makeState(ngx_slab_pool_t* pool) {
    // It is no mistake that the zone is full most of the time.
    pool->log_nomem = 0;
    void* room = ngx_slab_alloc(pool, sizeof(ZoneState));
    if (room == nullptr) {
        return nullptr;
    }
    auto* state = new (room) ZoneState{};
    state->version = ZoneState::currentVersion;
    beginImages(state->images, pool);
    beginFlights(state->flights);
    return state;
}

ngx_int_t refuseZone(const ngx_shm_zone_t& zone, const char* why) {
    ngx_log_error(NGX_LOG_EMERG, zone.shm.log, 0, "\"private_image_zone\" \"%V\" %s",
                  &zone.shm.name, why);
    return NGX_ERROR;
}

ngx_int_t begin(ngx_shm_zone_t& zone, ZoneState* previous) {
    const MainConfig& config = *static_cast<MainConfig*>(zone.data);
    auto* pool = reinterpret_cast<ngx_slab_pool_t*>(zone.shm.addr);
    if (previous != nullptr && previous->version != ZoneState::currentVersion) {
        return refuseZone(zone,
                          "is in use by another version of the module, restart nginx or write "
                          "another name");
    }
    ZoneState* state = previous != nullptr ? previous : makeState(pool);
    if (state == nullptr) {
        return refuseZone(zone, "is too small, write a larger size, such as 10m");
    }
    zone.data = state;
    nameCounters(state->counters, pool, config);
    return takeOverJournals(*state, pool, config.caches, zone.shm.log)
               ? NGX_OK
               : refuseZone(zone, "is too small, write a larger size, such as 10m");
}

ngx_int_t beginZone(ngx_shm_zone_t* zone, void* previous) {
    try {
        return begin(*zone, static_cast<ZoneState*>(previous));
    } catch (...) {
        logException(zone->shm.log, "starting the shared memory");
        return NGX_ERROR;
    }
}

bool isTaken(ngx_conf_t* cf, std::string_view name) {
    bool isFound = false;
    forEach<ngx_shm_zone_t>(cf->cycle->shared_memory, [&](const ngx_shm_zone_t& other) {
        isFound = view(other.shm.name) == name;
        return !isFound;
    });
    return isFound;
}

}  // namespace

// ------------------------------------------------------------------ workers

void useZone(ngx_shm_zone_t* zone) {
    const bool isOff = zone == nullptr;
    runningState = isOff ? nullptr : static_cast<ZoneState*>(zone->data);
    runningPool = isOff ? nullptr : reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
}

ZoneState* zoneState() {
    return runningState;
}

ngx_slab_pool_t* zonePool() {
    return runningPool;
}

std::optional<std::uint64_t> takePurgeNumber(std::string_view folder) {
    if (runningState == nullptr) {
        return std::nullopt;
    }
    const ZoneLock lock;
    PurgeNumbers* numbers = findNumbers(*runningState, folder);
    return numbers == nullptr ? std::nullopt : std::optional(numbers->following++);
}

// ------------------------------------------------------------------ configuration

ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, ngx_str_t name, std::size_t size) {
    if (isTaken(cf, view(name))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the name \"%V\" of \"private_image_zone\" is another zone's, write a "
                           "name of its own, such as private_image_zone private_image_memory:10m",
                           &name);
        return nullptr;
    }
    ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_private_image_module);
    if (zone == nullptr) {
        return nullptr;
    }
    zone->init = beginZone;
    zone->data = ngx_http_conf_get_module_main_conf(cf, ngx_http_private_image_module);
    return zone;
}

}  // namespace private_image
