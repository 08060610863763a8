// The numbers of other workers are read without a lock: at worst, one more render than allowed runs
// for a moment.
#include "nginx/rendering/render_queue.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <numeric>
#include <utility>

namespace private_image {
namespace {

using Running = std::atomic<std::uint32_t>;
static_assert(Running::is_always_lock_free, "processes share it");

void freeMemory(void* data) {
    ngx_shm_free(static_cast<ngx_shm_t*>(data));
}

// Null for a worker that NGINX started beyond the configured number.
Running* sharedCount(const RenderQueue& queue) {
    return ngx_worker < queue.runningOfWorkers.size() ? &queue.runningOfWorkers[ngx_worker]
                                                      : nullptr;
}

void publishCount(const RenderQueue& queue) {
    if (Running* number = sharedCount(queue)) {
        *number = static_cast<std::uint32_t>(queue.running);
    }
}

}  // namespace

// ------------------------------------------------------------------ how many run

bool RenderQueue::mayStart() const {
    if (running < renders) {
        return true;
    }
    if (sharedCount(*this) == nullptr) {
        return false;
    }
    const auto all =
        std::accumulate(runningOfWorkers.begin(), runningOfWorkers.end(), std::size_t{0},
                        [](std::size_t sum, const Running& one) { return sum + one.load(); });
    return all < renders * runningOfWorkers.size();
}

void RenderQueue::begin() {
    running++;
    publishCount(*this);
}

void RenderQueue::end() {
    running--;
    publishCount(*this);
}

ngx_int_t shareQueues(ngx_cycle_t* cycle, std::span<RenderQueue* const> queues,
                      std::size_t workers) {
    if (queues.empty()) {
        return NGX_OK;
    }
    ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(cycle->pool, sizeof(ngx_shm_t));
    if (cleanup == nullptr) {
        return NGX_ERROR;
    }
    auto* memory = new (cleanup->data) ngx_shm_t{};
    memory->size = queues.size() * workers * sizeof(Running);
    memory->log = cycle->log;
    if (ngx_shm_alloc(memory) != NGX_OK) {
        return NGX_ERROR;
    }
    cleanup->handler = freeMemory;
    auto* numbers = reinterpret_cast<Running*>(memory->addr);
    std::uninitialized_value_construct_n(numbers, queues.size() * workers);
    for (RenderQueue* queue : queues) {
        queue->runningOfWorkers = {std::exchange(numbers, numbers + workers), workers};
    }
    return NGX_OK;
}

void resetSharedCount(RenderQueue& queue) {
    publishCount(queue);
}

// ------------------------------------------------------------------ places

RenderPlace RenderPlace::take(RenderQueue& queue, bool isUnsigned,
                              [[maybe_unused]] ngx_log_t* log) {
    RenderPlace place;
    if (!mayTakePlace(queue, isUnsigned)) {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, log, 0,
                       "private_image: queue place refused: %s, %uz of %uz taken",
                       mayTakePlace(queue, false) ? "unsigned share used" : "queue full",
                       queue.taken, queue.renders + queue.places);
        return place;
    }
    place.queue_ = &queue;
    place.isWaitingUnsigned_ = isUnsigned;
    queue.taken++;
    queue.waitingUnsigned += isUnsigned;
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: queue place %uz of %uz taken",
                   queue.taken, queue.renders + queue.places);
    return place;
}

void RenderPlace::beginRender() {
    queue_->waitingUnsigned -= isWaitingUnsigned_;
    isWaitingUnsigned_ = false;
}

RenderPlace::RenderPlace(RenderPlace&& other) noexcept {
    *this = std::move(other);
}

RenderPlace& RenderPlace::operator=(RenderPlace&& other) noexcept {
    std::swap(queue_, other.queue_);
    std::swap(isWaitingUnsigned_, other.isWaitingUnsigned_);
    return *this;
}

RenderPlace::~RenderPlace() {
    if (queue_ != nullptr) {
        queue_->taken--;
        queue_->waitingUnsigned -= isWaitingUnsigned_;
    }
}

}  // namespace private_image
