// What is counted, in shared memory: requests, work and times. Survives reload. Knows not how it is
// shown.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "access/reason.hpp"
#include "nginx/host/ngx.hpp"
#include "transform/transform.hpp"

namespace private_image {

struct RequestContext;
struct MainConfig;

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free, "processes share it");

struct Histogram {
    // Upper bounds in seconds: 1 ms to 30 s; what is beyond the last counts in the sum and count.
    static constexpr std::array<double, 14> bounds{.001, .0025, .005, .01, .025, .05, .1,
                                                   .25,  .5,    1,    2.5, 5,    10,  30};
    std::array<Counter, bounds.size()> buckets;  // each alone, not cumulative
    Counter beyond;
    Counter milliseconds;  // their sum
};

// One worker's momentary figures. It does not give them back: those of a process that is gone do
// not count, and the next worker that starts clears them away.
struct ProcessGauges {
    std::atomic<std::int64_t> process;  // its id; 0: free
    Counter rendersRunning, rendersWaiting;
    Counter oldestWaitingSince;  // by ngx_current_msec, which all workers share; 0: none waits
    Counter requestsWaiting;     // for another's render
    Counter sourceBytesHeld;
};

// All workers' together.
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

    // It stands right behind.
    std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), length}; }
};

// All zero, it is ready.
struct Counters {
    static constexpr std::size_t reasons = static_cast<std::size_t>(Reason::internal) + 1;
    static constexpr std::size_t outputTypes = static_cast<std::size_t>(Format::json) + 1;

    std::array<std::array<Counter, reasons>, 2> requests;   // [dialect][reason]
    std::array<Counter, NGX_HTTP_CACHE_HIT> cacheStatuses;  // from NGX_HTTP_CACHE_MISS on
    std::array<Counter, outputTypes> outputs;               // derivatives sent, by Format
    Counter sentBytes, sourceBytes, renderedBytes;
    Histogram originSeconds, queueSeconds, renderSeconds;
    std::array<ProcessGauges, 128> processes;

    // Only ever longer: names that left the configuration keep their count. New ones take room from
    // a block that was reserved while the zone had plenty.
    std::atomic<NamedCounter*> named;
    unsigned char* roomForNames;
    std::size_t roomLeft;
};

// In the master, without the zone's lock, when a zone begins and after every reload: makes room for
// the names of the configuration, and has NGINX's cache manager watched.
void nameCounters(Counters& counters, ngx_slab_pool_t* pool, const MainConfig& config);

// Null without a zone, or for a name that had no room.
Counter* namedCounter(Labelled kind, std::string_view name);

// This worker's; never null. Without a zone, nobody reads them.
ProcessGauges& gauges();

// When a worker starts: takes a place among the processes.
void takeGauges();

GaugeSums sumOfGauges(const Counters& counters);

// Both do nothing without a zone.
void count(Counter Counters::*counter, std::uint64_t amount);
void observe(Histogram Counters::*histogram, ngx_msec_t milliseconds);

// LOG phase: counts a request that came through a gate.
void countRequest(const RequestContext& context);

}  // namespace private_image
