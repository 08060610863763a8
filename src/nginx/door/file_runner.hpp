// Work on stored files, in whichever store the door has.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "nginx/door/bucket_files.hpp"
#include "nginx/door/file_job.hpp"

namespace private_image {

class FileRunner {
public:
    FileRunner() = default;
    ~FileRunner();
    FileRunner(const FileRunner&) = delete;

    // Calls `finished` once, from an event, unless this object is gone by then. The last statement
    // of its caller, like BucketRequest::start(). False: the thread pool is full.
    bool start(ngx_http_request_t* r, const Door& door, FileWork work,
               std::function<void()> finished);

    // Null before the start.
    const FileResult* result() const { return result_; }

private:
    std::shared_ptr<FileJob> job_;            // for a folder
    std::optional<BucketFiles> bucketFiles_;  // for a bucket
    const FileResult* result_ = nullptr;
};

}  // namespace private_image
