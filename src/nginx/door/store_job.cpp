#include "nginx/door/store_job.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "nginx/endpoints/purge.hpp"
#include "nginx/host/log.hpp"
#include "nginx/request/request.hpp"
#include "nginx/shared_memory/image_state_table.hpp"
#include "render/vips_runtime.hpp"

namespace private_image {
namespace {

constexpr ngx_msec_t watchInterval = 1000;

// The file's bytes, mapped: they are not copied into the worker's memory.
class MappedFile {
public:
    MappedFile(int descriptor, std::size_t size)
        : size_(size), bytes_(mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0)) {}
    ~MappedFile() {
        if (bytes_ != MAP_FAILED) {
            munmap(bytes_, size_);
        }
    }
    MappedFile(const MappedFile&) = delete;

    std::span<const unsigned char> bytes() const {
        return bytes_ == MAP_FAILED ? std::span<const unsigned char>()
                                    : std::span(static_cast<const unsigned char*>(bytes_), size_);
    }

private:
    std::size_t size_;
    void* bytes_;
};

void inspectFile(StoreJob& job) {
    const MappedFile file(job.file.get(), job.size);
    if (file.bytes().empty()) {
        job.inspection.problem = RenderProblem::internal;
        job.inspection.detail = "map a file: " + std::generic_category().message(errno);
        return;
    }
    const Gate& gate = *job.door->gate;
    job.inspection =
        inspect(file.bytes(), gate.render,
                job.door->verifies ? InspectionDepth::pixels : InspectionDepth::header,
                std::chrono::steady_clock::now() + std::chrono::milliseconds(gate.renderTimeout));
    endVipsJob();
}

void publish(StoreJob& job) {
    job.error = publishFile(job.file, job.door->folder.root, job.path, job.details,
                            job.door->access, job.mayReplace);
}

void runInThread(void* data, ngx_log_t*) {
    StoreJob& job = *static_cast<StoreJob*>(data);
    try {
        job.step == StoreJob::Step::inspect ? inspectFile(job) : publish(job);
    } catch (...) {  // out of memory
        job.inspection.problem = RenderProblem::internal;
        job.error = StoreError{StoreProblem::failed, {}};
    }
}

// A mark that was recorded before the file had its name ends here: from now on the gate reads the
// file's own.
void voidKnowledge(const StoreJob& job) {
    purgeImage(job.image, job.door->gate->cache, ngx_cycle->log);
}

// The timer keeps a quitting worker alive until the thread is done.
void onTaskEvent(ngx_event_t* event) {
    StoreJob& job = *static_cast<StoreJob*>(event->data);
    if (event->timedout) {
        event->timedout = 0;
        ngx_add_timer(event, watchInterval);
        return;
    }
    if (event->timer_set) {
        ngx_del_timer(event);
    }
    const std::shared_ptr<StoreJob> holder = std::move(job.self);
    if (job.step == StoreJob::Step::publish) {
        voidKnowledge(job);
    }
    if (job.finished) {
        std::exchange(job.finished, nullptr)(job);
    }
}

}  // namespace

bool startStep(const std::shared_ptr<StoreJob>& job) {
    ngx_thread_task_t& task = job->task;
    task = {};
    task.handler = runInThread;
    task.ctx = job.get();
    task.event.data = job.get();
    task.event.handler = onTaskEvent;
    task.event.log = ngx_cycle->log;
    job->self = job;
    if (ngx_thread_task_post(job->door->gate->pool, &task) != NGX_OK) {
        job->self.reset();
        return false;
    }
    ngx_add_timer(&task.event, watchInterval);
    return true;
}

}  // namespace private_image
