// How many renders run at once, and how many requests may wait for their turn. Workers share the
// limit through one number each in shared memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "access/queue_share.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

struct RenderJob;

// The renders of one worker. Each worker may always run `renders` at once, and more while others
// run fewer: NGINX gives connections to any worker that is awake, so that one worker may have them
// all. A request takes a place before its original is fetched, and keeps it until its render has
// ended or the request has.
struct RenderQueue : QueueCounts {
    static constexpr std::size_t unset = static_cast<std::size_t>(-1);
    static constexpr std::size_t defaultPlaces = 32;

    // `renders` is unset until a worker starts: cores / workers, at least 1.
    RenderQueue() : QueueCounts{.renders = unset, .places = defaultPlaces} {}

    std::deque<std::shared_ptr<RenderJob>> waiting;

    // In shared memory: how many renders each worker runs. Empty until the workers are known.
    std::span<std::atomic<std::uint32_t>> runningOfWorkers;

    bool mayStart() const;
    void begin();
    void end();
};

// In the master, once the configuration is known: allocates the shared numbers. They are freed with
// the cycle.
ngx_int_t shareQueues(ngx_cycle_t* cycle, std::span<RenderQueue* const> queues,
                      std::size_t workers);

// When a worker starts: clears the number of a predecessor that was killed.
void resetSharedCount(RenderQueue& queue);

// A request's place in a queue; released when it is dropped.
class RenderPlace {
public:
    RenderPlace() = default;
    RenderPlace(RenderPlace&& other) noexcept;
    RenderPlace& operator=(RenderPlace&& other) noexcept;
    ~RenderPlace();

    // Empty if the queue is full; unsigned requests may hold at most half of it. `log` is for
    // debugging.
    static RenderPlace take(RenderQueue& queue, bool isUnsigned, ngx_log_t* log);
    explicit operator bool() const { return queue_ != nullptr; }

    // Precondition for both: the place is not empty.
    RenderQueue& queue() const { return *queue_; }
    void beginRender();  // the request no longer waits

private:
    RenderQueue* queue_ = nullptr;
    bool isWaitingUnsigned_ = false;
};

}  // namespace private_image
