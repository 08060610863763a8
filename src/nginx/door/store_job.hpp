// Inspects an upload and stores it, in the thread pool. A job owns all it needs, so that its
// request may end before.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "folder_store/folder_store.hpp"
#include "nginx/door/door.hpp"
#include "nginx/host/ngx.hpp"
#include "render/inspect.hpp"

namespace private_image {

struct StoreJob {
    enum class Step : std::uint8_t { inspect, publish };

    const Door* door = nullptr;
    Step step = Step::inspect;
    Descriptor file;  // without a name; holds the image from its first byte
    std::size_t size = 0;
    ImageKey image{};
    std::string path;  // below the folder's root, with leading slash
    FileDetails details;
    bool mayReplace = true;

    Inspection inspection;            // of the first step
    std::optional<StoreError> error;  // of the second step; also where a thread ran out of memory

    // Called on the event loop at the end of each step; empty: the request has ended.
    std::function<void(StoreJob&)> finished;

    // The rest is used by store_job.cpp only.
    std::shared_ptr<StoreJob> self;  // set while a thread has the job
    ngx_thread_task_t task{};
};

// Runs the job's step in a thread. False: the thread pool refused it. After the second step, what
// was known of the image is void before `finished` is called, also where the request has ended.
bool startStep(const std::shared_ptr<StoreJob>& job);

}  // namespace private_image
