#include "nginx/door/file_runner.hpp"

#include <utility>

namespace private_image {

// What a thread is doing goes on without the request.
FileRunner::~FileRunner() {
    if (job_) {
        job_->finished = nullptr;
    }
}

bool FileRunner::start(ngx_http_request_t* r, const Door& door, FileWork work,
                       std::function<void()> finished) {
    if (door.bucket) {
        bucketFiles_.emplace(r, door, std::move(work));
        result_ = &*bucketFiles_;
        bucketFiles_->finished = std::move(finished);
        bucketFiles_->start();
        return true;
    }
    job_ = std::make_shared<FileJob>(door, std::move(work));
    result_ = job_.get();
    job_->finished = std::move(finished);
    return startJob(job_);
}

}  // namespace private_image
