// Works without a lock: by atomic additions, and by a list that only grows.
#include "nginx/shared_memory/counters.hpp"

#include <algorithm>
#include <new>
#include <unordered_map>

#include "nginx/host/pool.hpp"
#include "nginx/host/process.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ names

// Counters by the address of their name in the configuration, so that each is looked up once.
std::unordered_map<const char*, Counter*> countersByAddress;

unsigned char* roomForName(Counters& counters, ngx_slab_pool_t* pool, std::size_t size) {
    constexpr std::size_t block = 16384;
    if (size > block) {
        return nullptr;
    }
    if (size > counters.roomLeft) {
        counters.roomForNames = static_cast<unsigned char*>(ngx_slab_calloc(pool, block));
        counters.roomLeft = counters.roomForNames == nullptr ? 0 : block;
    }
    if (counters.roomForNames == nullptr) {
        return nullptr;
    }
    unsigned char* room = counters.roomForNames;
    counters.roomForNames += size;
    counters.roomLeft -= size;
    return room;
}

NamedCounter* makeNamed(Counters& counters, ngx_slab_pool_t* pool, Labelled kind,
                        std::string_view name) {
    const std::size_t size = ngx_align(sizeof(NamedCounter) + name.size(), alignof(NamedCounter));
    unsigned char* room = roomForName(counters, pool, size);
    if (room == nullptr) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "private_image_zone has no room left to count \"%*s\", make it larger",
                      name.size(), name.data());
        return nullptr;
    }
    ngx_memcpy(room + sizeof(NamedCounter), name.data(), name.size());
    return new (room) NamedCounter{nullptr, kind, static_cast<std::uint32_t>(name.size()), 0};
}

// The link that points at the counter, or the end of the list.
std::atomic<NamedCounter*>& linkOf(Counters& counters, Labelled kind, std::string_view name) {
    std::atomic<NamedCounter*>* link = &counters.named;
    for (NamedCounter* one; (one = link->load()) != nullptr; link = &one->next) {
        if (one->kind == kind && one->name() == name) {
            break;
        }
    }
    return *link;
}

void addNamed(Counters& counters, ngx_slab_pool_t* pool, const CounterName& name) {
    std::atomic<NamedCounter*>& link = linkOf(counters, name.kind, name.name);
    if (link.load() == nullptr) {
        link.store(makeNamed(counters, pool, name.kind, name.name));
    }
}

// Null without a zone, or for a name that had no room.
Counter* findNamed(Labelled kind, std::string_view name) {
    ZoneState* zone = zoneState();
    NamedCounter* named = zone == nullptr ? nullptr : linkOf(zone->counters, kind, name).load();
    return named == nullptr ? nullptr : &named->value;
}

// The configuration owns `name`.
void countNamed(Labelled kind, std::string_view name) {
    const auto [entry, isNew] = countersByAddress.try_emplace(name.data(), nullptr);
    if (isNew) {
        entry->second = findNamed(kind, name);
    }
    if (entry->second != nullptr) {
        ++*entry->second;
    }
}

// ------------------------------------------------------------------ evictions of caches

ngx_path_manager_pt manageCache;  // NGINX's own, the same for all caches

// NGINX does not count evictions. The count is too low by the entries that workers add meanwhile.
ngx_msec_t manageAndCount(void* data) {
    const auto& cache = *static_cast<ngx_http_file_cache_t*>(data);
    const ngx_uint_t before = cache.sh->count;
    const ngx_msec_t pause = manageCache(data);
    const ngx_uint_t after = cache.sh->count;
    Counter* evictions = findNamed(Labelled::cacheEvictions, view(cache.shm_zone->shm.name));
    if (evictions != nullptr && after < before) {
        *evictions += before - after;
    }
    return pause;
}

// ------------------------------------------------------------------ processes

ProcessGauges unsharedGauges;  // used by a process that has no place in the table
ProcessGauges* ownGauges = &unsharedGauges;

// Frees the places of ended processes, so that their figures do not count again when a new process
// gets the same id.
void freeUnusedPlaces(Counters& counters) {
    for (ProcessGauges& place : counters.processes) {
        std::int64_t holder = place.process;
        if (holder == ngx_pid || (holder != 0 && !isAlive(static_cast<ngx_pid_t>(holder)))) {
            place.process.compare_exchange_strong(holder, 0);
        }
    }
}

bool claim(ProcessGauges& place) {
    std::int64_t free = 0;
    return place.process.compare_exchange_strong(free, ngx_pid);
}

bool isCounted(const ProcessGauges& place) {
    const std::int64_t process = place.process;
    return process != 0 && isAlive(static_cast<ngx_pid_t>(process));
}

}  // namespace

void addNamedCounters(Counters& counters, ngx_slab_pool_t* pool,
                      std::span<const CounterName> names) {
    // Without a master process, this process reloads, and may get another zone.
    countersByAddress.clear();
    ownGauges = &unsharedGauges;
    for (const CounterName& name : names) {
        addNamed(counters, pool, name);
    }
}

void countEvictions(std::span<ngx_http_file_cache_t* const> caches) {
    for (const ngx_http_file_cache_t* cache : caches) {
        ngx_path_t& path = *cache->path;
        if (path.manager != manageAndCount) {
            manageCache = path.manager;
            path.manager = manageAndCount;
        }
    }
}

ProcessGauges& gauges() {
    return *ownGauges;
}

void claimGauges() {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    freeUnusedPlaces(zone->counters);
    for (ProcessGauges& place : zone->counters.processes) {
        if (claim(place)) {
            place.rendersRunning = place.rendersWaiting = place.oldestWaitingSince =
                place.requestsWaiting = place.sourceBytesHeld = 0;
            ownGauges = &place;
            return;
        }
    }
}

GaugeSums sumOfGauges(const Counters& counters) {
    GaugeSums sums;
    for (const ProcessGauges& one : counters.processes) {
        if (!isCounted(one)) {
            continue;
        }
        sums.rendersRunning += one.rendersRunning;
        sums.rendersWaiting += one.rendersWaiting;
        sums.requestsWaiting += one.requestsWaiting;
        sums.sourceBytesHeld += one.sourceBytesHeld;
        const std::uint64_t since = one.oldestWaitingSince;
        if (since != 0 && since < ngx_current_msec) {
            sums.oldestWaitMilliseconds =
                std::max<std::uint64_t>(sums.oldestWaitMilliseconds, ngx_current_msec - since);
        }
    }
    return sums;
}

void count(Counter Counters::*counter, std::uint64_t amount) {
    if (ZoneState* zone = zoneState()) {
        zone->counters.*counter += amount;
    }
}

void observe(Histogram Counters::*histogram, ngx_msec_t milliseconds) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    Histogram& all = zone->counters.*histogram;
    const std::size_t bucket = bucketOf(milliseconds);
    ++(bucket < all.buckets.size() ? all.buckets[bucket] : all.beyond);
    all.milliseconds += milliseconds;
}

void countUpload(Dialect dialect, upload::Outcome outcome) {
    if (ZoneState* zone = zoneState()) {
        ++zone->counters
              .uploads[static_cast<std::size_t>(dialect)][static_cast<std::size_t>(outcome)];
    }
}

void count(const RequestFigures& request) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    Counters& counters = zone->counters;
    if (request.reason) {
        ++counters.requests[static_cast<std::size_t>(request.dialect)]
                           [static_cast<std::size_t>(*request.reason)];
    }
    if (!request.variant.empty()) {
        countNamed(Labelled::variant, request.variant);
    }
    if (!request.key.empty()) {
        countNamed(Labelled::key, request.key);
    }
    if (request.cacheStatus != 0) {
        ++counters.cacheStatuses[request.cacheStatus - NGX_HTTP_CACHE_MISS];
    }
    if (request.output) {
        ++counters.outputs[static_cast<std::size_t>(*request.output)];
    }
    counters.sentBytes += request.sentBytes;
}

}  // namespace private_image
