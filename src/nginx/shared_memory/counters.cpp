// Everything here is done without a lock: by atomic additions, and by a list that only grows.

#include "nginx/shared_memory/counters.hpp"

#include <signal.h>

#include <algorithm>
#include <new>
#include <unordered_map>

#include "nginx/config/location_config.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/shared_zone.hpp"

namespace private_image {
namespace {

// ------------------------------------------------------------------ names

// Found counters by where their name stands, which is in the configuration: as long as that lives,
// each is looked up once.
std::unordered_map<const char*, Counter*> found;

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

// Where the counter is linked, or has to be.
std::atomic<NamedCounter*>& placeOf(Counters& counters, Labelled kind, std::string_view name) {
    std::atomic<NamedCounter*>* place = &counters.named;
    for (NamedCounter* one; (one = place->load()) != nullptr; place = &one->next) {
        if (one->kind == kind && one->name() == name) {
            break;
        }
    }
    return *place;
}

void addName(Counters& counters, ngx_slab_pool_t* pool, Labelled kind, std::string_view name) {
    std::atomic<NamedCounter*>& place = placeOf(counters, kind, name);
    if (place.load() == nullptr) {
        place.store(makeNamed(counters, pool, kind, name));
    }
}

// `name` stands in the configuration.
void countNamed(Labelled kind, std::string_view name) {
    const auto [place, isNew] = found.try_emplace(name.data(), nullptr);
    if (isNew) {
        place->second = namedCounter(kind, name);
    }
    if (place->second != nullptr) {
        ++*place->second;
    }
}

// ------------------------------------------------------------------ evictions of caches

ngx_path_manager_pt manageCache;  // NGINX's own, the same for all caches

std::string_view nameOf(const ngx_http_file_cache_t& cache) {
    return view(cache.shm_zone->shm.name);
}

// NGINX counts no evictions. What workers add meanwhile hides as many.
ngx_msec_t manageAndCount(void* data) {
    const auto& cache = *static_cast<ngx_http_file_cache_t*>(data);
    const ngx_uint_t before = cache.sh->count;
    const ngx_msec_t pause = manageCache(data);
    const ngx_uint_t after = cache.sh->count;
    Counter* evictions = namedCounter(Labelled::cacheEvictions, nameOf(cache));
    if (evictions != nullptr && after < before) {
        *evictions += before - after;
    }
    return pause;
}

void watchManager(ngx_path_t& path) {
    if (path.manager != manageAndCount) {
        manageCache = path.manager;
        path.manager = manageAndCount;
    }
}

// ------------------------------------------------------------------ processes

ProcessGauges nobodys;  // of a process that has no place
ProcessGauges* own = &nobodys;

bool isAlive(std::int64_t process) {
    return process != 0 && (kill(static_cast<pid_t>(process), 0) == 0 || ngx_errno != NGX_ESRCH);
}

// Before somebody else gets the id of one that died, and its figures count again.
void releasePlacesOfTheDead(Counters& counters) {
    for (ProcessGauges& place : counters.processes) {
        std::int64_t holder = place.process;
        if (!isAlive(holder) || holder == ngx_pid) {
            place.process.compare_exchange_strong(holder, 0);
        }
    }
}

bool take(ProcessGauges& place) {
    std::int64_t nobody = 0;
    return place.process.compare_exchange_strong(nobody, ngx_pid);
}

// ------------------------------------------------------------------ requests

void countReason(Counters& counters, const RequestContext& context) {
    const RequestContext* refused = refusalOf(context);
    const RequestContext& told = refused != nullptr ? *refused : context;
    if (told.reason) {
        const auto dialect = static_cast<std::size_t>(told.gate.dialect);
        ++counters.requests[dialect][static_cast<std::size_t>(*told.reason)];
    }
}

void countNames(const RequestContext& context) {
    const Variants& variants = context.gate.variants;
    const auto variant = context.parsed ? variants.find(context.parsed->variant) : variants.end();
    if (variant != variants.end()) {
        countNamed(Labelled::variant, variant->first);
    }
    if (context.signature.key >= 0) {
        countNamed(Labelled::key, context.gate.keys.nameOf(context.signature.key));
    }
}

// Of every fetch, also of one that was given up; of an original, until its header.
void observeOrigin(const RequestContext& context) {
    if (context.isOriginal && context.originStatus != 0) {
        observe(&Counters::originSeconds, context.originTime);
    }
    for (const auto* fetches : {&context.fetches, &context.ended}) {
        for (const auto& fetch : *fetches) {
            const bool hasEnded = fetch->finishedAt != 0;
            observe(&Counters::originSeconds,
                    (hasEnded ? fetch->finishedAt : ngx_current_msec) - fetch->startedAt);
        }
    }
}

}  // namespace

void nameCounters(Counters& counters, ngx_slab_pool_t* pool, const MainConfig& config) {
    // Without a master, this process reloads, and the zone may be another one from now on.
    found.clear();
    own = &nobodys;
    for (const Gate* gate : *config.gates) {
        for (const auto& [name, variant] : gate->variants) {
            addName(counters, pool, Labelled::variant, name);
        }
        for (int key = 0; key < static_cast<int>(gate->keys.size()); key++) {
            addName(counters, pool, Labelled::key, gate->keys.nameOf(key));
        }
    }
    auto* caches = static_cast<ngx_http_file_cache_t**>(config.caches.elts);
    for (ngx_uint_t i = 0; i < config.caches.nelts; i++) {
        addName(counters, pool, Labelled::cacheEvictions, nameOf(*caches[i]));
        watchManager(*caches[i]->path);
    }
}

Counter* namedCounter(Labelled kind, std::string_view name) {
    ZoneState* zone = zoneState();
    NamedCounter* named = zone == nullptr ? nullptr : placeOf(zone->counters, kind, name).load();
    return named == nullptr ? nullptr : &named->value;
}

ProcessGauges& gauges() {
    return *own;
}

void takeGauges() {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    releasePlacesOfTheDead(zone->counters);
    for (ProcessGauges& place : zone->counters.processes) {
        if (take(place)) {
            place.rendersRunning = place.rendersWaiting = place.oldestWaitingSince =
                place.requestsWaiting = place.sourceBytesHeld = 0;
            own = &place;
            return;
        }
    }
}

GaugeSums sumOfGauges(const Counters& counters) {
    GaugeSums sums;
    for (const ProcessGauges& one : counters.processes) {
        if (!isAlive(one.process)) {
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
    std::size_t bucket = 0;
    while (bucket < all.bounds.size() &&
           static_cast<double>(milliseconds) > all.bounds[bucket] * 1000) {
        bucket++;
    }
    ++(bucket < all.bounds.size() ? all.buckets[bucket] : all.beyond);
    all.milliseconds += milliseconds;
}

void countRequest(const RequestContext& context) {
    ZoneState* zone = zoneState();
    if (zone == nullptr) {
        return;
    }
    Counters& counters = zone->counters;
    countReason(counters, context);
    countNames(context);
    observeOrigin(context);
    if (context.cacheStatus != 0) {
        ++counters.cacheStatuses[context.cacheStatus - NGX_HTTP_CACHE_MISS];
    }
    if (context.outputFormat && !context.isRefused) {
        ++counters.outputs[static_cast<std::size_t>(*context.outputFormat)];
    }
    counters.sentBytes += static_cast<std::uint64_t>(context.r->connection->sent);
}

}  // namespace private_image
