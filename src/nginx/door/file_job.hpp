// Reads, changes or removes files of the store, in the thread pool.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "folder_store/folder_store.hpp"
#include "nginx/door/door_job.hpp"
#include "upload/image_details.hpp"
#include "upload/outcome.hpp"
#include "upload/stored_image.hpp"

namespace private_image {

enum class FileTask : std::uint8_t {
    find,  // which of the files are missing
    read,
    edit,
    remove,  // all of the files, or none if one is missing
};

// What is to be done.
struct FileWork {
    FileTask task = FileTask::read;
    std::vector<std::string> paths;  // of images; one to be read or edited
    // Changes the details, and the image's mark or, with it, its path. An error refuses the edit.
    std::function<std::optional<upload::UploadError>(upload::StoredImage& image,
                                                     upload::ImageDetails& details)>
        edit;
};

// What has come of it.
struct FileResult {
    // Of reading and editing: as it is afterwards.
    upload::StoredImage image;
    upload::ImageDetails details;
    Descriptor file;             // of a folder's image that was read, to send its bytes
    std::string etag;            // of a bucket's image; empty: its bytes cannot be sent
    bool isSentToStore = false;  // a change was asked of a bucket
    std::optional<upload::UploadError> refusal;  // of the edit

    std::vector<bool> isMissing, isRemoved;  // of finding and removing, for each path
    std::optional<StoreError> error;         // the last one
};

class FileJob final : public DoorJob, public FileWork, public FileResult {
public:
    FileJob(const Door& door, FileWork work) : DoorJob(door), FileWork(std::move(work)) {}

private:
    void run() override;
    void fail() noexcept override;
    void afterRun() override;
    void describe(const StoredFile& file, const std::string& path);
    void readOne();
    void editOne();
    std::optional<StoreError> change(const StoredFile& file, const upload::StoredImage& before,
                                     const std::string& json);
    void removeAll();
    void find();
    bool removeOne(const std::string& path);
    Result<StoredFile, StoreError> open(const std::string& path, FileUse use) const;

    std::vector<std::string> touched_;  // images: what is known of them is void
};

}  // namespace private_image
