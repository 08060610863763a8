// Starts the zone, empty or from the state before a reload.
#include "nginx/shared_memory/shared_zone.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "image_state/purge_journal.hpp"
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
        numbers = numbers->link;
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

// Once per zone and folder: later purges are in the zone itself. False if the zone has no room.
bool restoreJournal(ZoneState& state, ngx_slab_pool_t* pool, const std::string& folder,
                    ngx_log_t* log) {
    if (findNumbers(state, folder) != nullptr) {
        return true;
    }
    const PurgeJournal journal(folder);
    const PurgeHistory history = journal.read(now());
    if (!history.problem.empty()) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "private_image: purge journal \"%s\" is damaged: all cached derivatives are "
                      "treated as purged: %s",
                      journal.file().c_str(), history.problem.c_str());
    }
    const ZoneLock lock(pool);
    restorePurges(state.images, pool, history);
    return addNumbers(state, pool, folder, history.next);
}

bool restoreJournals(ZoneState& state, ngx_slab_pool_t* pool,
                     const std::vector<ngx_http_file_cache_t*>& caches, ngx_log_t* log) {
    return std::ranges::all_of(caches, [&](const ngx_http_file_cache_t* cache) {
        return restoreJournal(state, pool, std::string(view(cache->path->name)), log);
    });
}

// ------------------------------------------------------------------ start

// Null if there is no room.
ZoneState* makeState(ngx_slab_pool_t* pool) {
    // The zone is full most of the time: NGINX must not log that as an error.
    pool->log_nomem = 0;
    void* room = ngx_slab_alloc(pool, sizeof(ZoneState));
    if (room == nullptr) {
        return nullptr;
    }
    auto* state = new (room) ZoneState{};
    state->version = ZoneState::currentVersion;
    initImageStates(state->images, pool);
    initFlights(state->flights);
    initClaims(state->claims);
    initDrafts(state->drafts);
    return state;
}

ngx_int_t refuseZone(const ngx_shm_zone_t& zone, const char* why) {
    ngx_log_error(NGX_LOG_EMERG, zone.shm.log, 0, "\"private_image_zone\" \"%V\" %s",
                  &zone.shm.name, why);
    return NGX_ERROR;
}

ngx_int_t startZone(ngx_shm_zone_t& zone, ZoneState* previous) {
    const ZoneSettings& settings = *static_cast<ZoneSettings*>(zone.data);
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
    addNamedCounters(state->counters, pool, settings.counters);
    countEvictions(settings.caches);
    return restoreJournals(*state, pool, settings.caches, zone.shm.log)
               ? NGX_OK
               : refuseZone(zone, "is too small, write a larger size, such as 10m");
}

ngx_int_t initZone(ngx_shm_zone_t* zone, void* previous) {
    try {
        return startZone(*zone, static_cast<ZoneState*>(previous));
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

std::optional<std::uint64_t> nextPurgeNumber(std::string_view folder) {
    if (runningState == nullptr) {
        return std::nullopt;
    }
    const ZoneLock lock;
    PurgeNumbers* numbers = findNumbers(*runningState, folder);
    return numbers == nullptr ? std::nullopt : std::optional(numbers->next++);
}

// ------------------------------------------------------------------ configuration

ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, ngx_str_t name, std::size_t size,
                              ZoneSettings& settings) {
    if (isTaken(cf, view(name))) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0,
            "the name \"%V\" of \"private_image_zone\" is used by another zone, "
            "write another name, such as private_image_zone private_image_memory:10m",
            &name);
        return nullptr;
    }
    ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_private_image_module);
    if (zone == nullptr) {
        return nullptr;
    }
    zone->init = initZone;
    zone->data = &settings;
    return zone;
}

}  // namespace private_image
