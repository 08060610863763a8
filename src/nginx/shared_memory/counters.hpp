// Counters in shared memory: requests, work and times. They survive a reload.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "access/reason.hpp"
#include "dialect/dialect.hpp"
#include "nginx/host/ngx.hpp"
#include "status/figures.hpp"
#include "transform/transform.hpp"
#include "upload/outcome.hpp"

namespace private_image {

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free, "processes share it");

struct Histogram {
    std::array<Counter, bucketBounds.size()> buckets;  // not cumulative
    Counter beyond;                                    // above the last bound
    Counter milliseconds;                              // their sum
};

// One worker's current figures. A worker does not clear them when it exits: figures of processes
// that no longer run are not counted, and the next worker that starts reuses their place.
struct ProcessGauges {
    std::atomic<std::int64_t> process;  // its id; 0: free
    Counter rendersRunning, rendersWaiting;
    Counter oldestWaitingSince;  // by ngx_current_msec, the same in all workers; 0: no render waits
    Counter requestsWaiting;     // for the render of another request
    Counter sourceBytesHeld;
};

// The sums over all workers.
struct GaugeSums {
    std::uint64_t rendersRunning = 0, rendersWaiting = 0, oldestWaitMilliseconds = 0,
                  requestsWaiting = 0, sourceBytesHeld = 0;
};

enum class Labelled : std::uint8_t { variant, key, cacheEvictions };

// A counter whose label comes from the configuration (a variant, a key, a cache), never from a
// client.
struct NamedCounter {
    std::atomic<NamedCounter*> next;
    Labelled kind;
    std::uint32_t length;
    Counter value;

    // Its bytes follow this struct.
    std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), length}; }
};

// Ready for use when all bytes are zero.
struct Counters {
    static constexpr std::size_t outputTypes = static_cast<std::size_t>(Format::json) + 1;

    std::array<std::array<Counter, reasonCount>, dialectCount> requests;  // [dialect][reason]
    std::array<std::array<Counter, upload::outcomeCount>, dialectCount>
        uploads;                                            // [dialect][outcome]
    std::array<Counter, NGX_HTTP_CACHE_HIT> cacheStatuses;  // from NGX_HTTP_CACHE_MISS on
    std::array<Counter, outputTypes> outputs;               // derivatives sent, by Format
    Counter sentBytes, sourceBytes, renderedBytes;
    Histogram originSeconds, queueSeconds, renderSeconds;
    std::array<ProcessGauges, 128> processes;

    // A list that only grows: names that left the configuration keep their count. New names take
    // room from a block that is reserved while the zone still has free pages.
    std::atomic<NamedCounter*> named;
    unsigned char* roomForNames;
    std::size_t roomLeft;
};

// A counter's name, which the configuration owns.
struct CounterName {
    Labelled kind;
    std::string_view name;
};

// In the master, without the zone's lock, when a zone begins and after every reload: adds the
// counters that are missing.
void addNamedCounters(Counters& counters, ngx_slab_pool_t* pool,
                      std::span<const CounterName> names);

// In the master: makes NGINX's cache manager count what it evicts from these caches.
void countEvictions(std::span<ngx_http_file_cache_t* const> caches);

// The figures of this worker; never null. Without a zone they are not read.
ProcessGauges& gauges();

// When a worker starts: takes a place in the table of processes.
void claimGauges();

GaugeSums sumOfGauges(const Counters& counters);

// Both do nothing without a zone.
void count(Counter Counters::*counter, std::uint64_t amount);
void observe(Histogram Counters::*histogram, ngx_msec_t milliseconds);

// What is counted of one request that came through a gate.
struct RequestFigures {
    Dialect dialect = Dialect::cloudflare;
    std::optional<Reason> reason;
    std::string_view variant, key;  // names that the configuration owns; empty: none
    ngx_uint_t cacheStatus = 0;     // NGX_HTTP_CACHE_…; 0: no cache is in use
    std::optional<Format> output;   // of the derivative that was sent
    std::uint64_t sentBytes = 0;
};

// Does nothing without a zone.
void count(const RequestFigures& request);

// Counts the end of an upload. Does nothing without a zone.
void countUpload(Dialect dialect, upload::Outcome outcome);

}  // namespace private_image
