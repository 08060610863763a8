#include "nginx/door/door_job.hpp"

#include <utility>

namespace private_image {
namespace {

constexpr ngx_msec_t watchInterval = 1000;

}  // namespace

void DoorJob::runInThread(void* data, ngx_log_t*) {
    DoorJob& job = *static_cast<DoorJob*>(data);
    try {
        job.run();
    } catch (...) {
        job.fail();
    }
}

// The timer keeps a quitting worker alive until the thread is done.
void DoorJob::onTaskEvent(ngx_event_t* event) {
    DoorJob& job = *static_cast<DoorJob*>(event->data);
    if (event->timedout) {
        event->timedout = 0;
        ngx_add_timer(event, watchInterval);
        return;
    }
    if (event->timer_set) {
        ngx_del_timer(event);
    }
    const std::shared_ptr<DoorJob> holder = std::move(job.self_);
    job.afterRun();
    if (job.finished) {
        std::exchange(job.finished, nullptr)();
    }
}

bool startJob(const std::shared_ptr<DoorJob>& job) {
    ngx_thread_task_t& task = job->task_;
    task = {};
    task.handler = DoorJob::runInThread;
    task.ctx = job.get();
    task.event.data = job.get();
    task.event.handler = DoorJob::onTaskEvent;
    task.event.log = ngx_cycle->log;
    job->self_ = job;
    if (ngx_thread_task_post(job->door_.gate->pool, &task) != NGX_OK) {
        job->self_.reset();
        return false;
    }
    ngx_add_timer(&task.event, watchInterval);
    return true;
}

}  // namespace private_image
