// How many renders run at once, and who may wait besides. Workers share what they may run by a few
// numbers in shared memory. Knows nothing of what is rendered.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "nginx/host/ngx.hpp"

namespace private_image {

struct RenderJob;

// A worker's renders. Each worker always runs `renders` at once, and more while others run fewer:
// NGINX hands connections to whoever is awake, so that one worker may have them all. A request
// takes a place before its original is fetched and keeps it until its render has ended or it gave
// up.
struct RenderQueue {
    static constexpr std::size_t unset = static_cast<std::size_t>(-1);
    std::size_t renders = unset;  // until a worker starts: cores / workers, at least 1
    std::size_t places = 32;      // how many may wait besides

    std::size_t running = 0;
    std::size_t taken = 0;            // places taken, running ones included
    std::size_t waitingUnsigned = 0;  // of these by unsigned requests that do not run yet
    std::deque<std::shared_ptr<RenderJob>> waiting;

    // In shared memory: what each worker runs. Empty until the workers are known.
    std::span<std::atomic<std::uint32_t>> runningOfWorkers;

    bool mayStart() const;
    void begin();
    void end();
};

// In the master, once the configuration is known: what workers tell one another of their queues.
// It is given back with the cycle.
ngx_int_t shareQueues(ngx_cycle_t* cycle, std::span<RenderQueue* const> queues,
                      std::size_t workers);

// When a worker starts: what a predecessor ran that was killed, runs no more.
void forgetPredecessor(RenderQueue& queue);

// A request's place in a queue; given back when it is dropped.
class RenderPlace {
public:
    RenderPlace() = default;
    RenderPlace(RenderPlace&& other) noexcept;
    RenderPlace& operator=(RenderPlace&& other) noexcept;
    ~RenderPlace();

    // Empty if the queue is full: unsigned requests may hold at most half of it.
    static RenderPlace take(RenderQueue& queue, bool isUnsigned);
    explicit operator bool() const { return queue_ != nullptr; }

    // The render begins: the place is no longer one of the queue's.
    void beginRender();

private:
    RenderQueue* queue_ = nullptr;
    bool isWaitingUnsigned_ = false;
};

}  // namespace private_image
