// Inspects an upload and stores it, in the thread pool.
#pragma once

#include <optional>
#include <string>

#include "folder_store/folder_store.hpp"
#include "nginx/door/door_job.hpp"
#include "render/inspect.hpp"

namespace private_image {

class StoreJob final : public DoorJob {
public:
    enum class Step : std::uint8_t { inspect, publish };

    using DoorJob::DoorJob;

    Step step = Step::inspect;
    Descriptor file;  // without a name; holds the image from its first byte
    std::size_t size = 0;
    std::string imagePath;  // decoded, with leading slash
    std::string path;       // below the folder's root, with leading slash
    FileDetails details;
    bool mayReplace = true;
    bool keepsTags = false;  // of the image that is replaced

    // Of the first step.
    Inspection inspection;
    std::string replacedDetails;  // where tags are kept; empty: no image is replaced

    std::optional<StoreError> error;  // of either step; also where a thread ran out of memory

private:
    void run() override;
    void fail() noexcept override;
    void afterRun() override;
    void inspectFile();
    void readReplaced();
};

}  // namespace private_image
