// Work of a door in the thread pool. A job owns all it needs, so that its request may end before.
#pragma once

#include <functional>
#include <memory>

#include "nginx/door/door.hpp"
#include "nginx/host/ngx.hpp"

namespace private_image {

class DoorJob {
public:
    explicit DoorJob(const Door& door) : door_(door) {}
    virtual ~DoorJob() = default;
    DoorJob(const DoorJob&) = delete;

    // Called on the event loop when a thread is done; empty: the request has ended.
    std::function<void()> finished;

protected:
    const Door& door_;

private:
    friend bool startJob(const std::shared_ptr<DoorJob>& job);

    // In a thread.
    virtual void run() = 0;

    // In a thread, where run() has thrown: it ran out of memory.
    virtual void fail() noexcept = 0;

    // On the event loop, before `finished`, also where the request has ended.
    virtual void afterRun() = 0;

    static void runInThread(void* data, ngx_log_t* log);
    static void onTaskEvent(ngx_event_t* event);

    std::shared_ptr<DoorJob> self_;  // set while a thread has the job
    ngx_thread_task_t task_{};
};

// Runs the job in a thread. False: the thread pool refused it.
bool startJob(const std::shared_ptr<DoorJob>& job);

}  // namespace private_image
