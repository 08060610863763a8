#include "nginx/door/file_job.hpp"

#include <algorithm>

#include "nginx/request/request.hpp"

namespace private_image {

Result<StoredFile, StoreError> FileJob::open(const std::string& path, FileUse use) const {
    return openStoredFile(door_.folder.root, fileOf(door_, path), use);
}

// A file that no upload has stored has no details: its time is that of its bytes.
void FileJob::describe(const StoredFile& file, const std::string& path) {
    details = upload::parseDetails(file.details).value_or(upload::ImageDetails{});
    if (details.uploadedMs == 0) {
        details.uploadedMs = file.modifiedMs;
    }
    image.path = path;
    image.uploadId = details.uploadId;
    image.bytes = file.bytes;
    image.width = details.width;
    image.height = details.height;
    image.isPrivate =
        (file.mark == Mark::unknown ? door_.gate->unmarked : file.mark) == Mark::privateImage;
}

void FileJob::readOne() {
    auto stored = open(paths.front(), FileUse::read);
    if (!stored) {
        error = stored.error();
        return;
    }
    describe(*stored, paths.front());
    file = std::move(stored->file);
}

void FileJob::editOne() {
    const auto file = open(paths.front(), FileUse::change);
    if (!file) {
        error = file.error();
        return;
    }
    describe(*file, paths.front());
    const upload::StoredImage before = image;
    refusal = edit(image, details);
    if (refusal) {
        return;
    }
    details.changedMs = nowInMilliseconds();
    const auto json = upload::toJson(details);
    if (!json) {
        refusal = json.error();
        return;
    }
    touched_ = {before.path, image.path};
    error = change(*file, before, *json);
}

// Another mark takes effect after the details when it opens the image, and before them when it
// closes it.
std::optional<StoreError> FileJob::change(const StoredFile& file, const upload::StoredImage& before,
                                          const std::string& json) {
    if (image.path != before.path) {
        return moveStoredFile(file, door_.folder.root, fileOf(door_, image.path),
                              {image.isPrivate, json}, door_.access);
    }
    const bool changesMark = image.isPrivate != before.isPrivate;
    if (changesMark && image.isPrivate) {
        if (auto failure = replaceMark(file, true)) {
            return failure;
        }
    }
    auto failure = replaceDetails(file, json);
    if (!failure && changesMark && !image.isPrivate) {
        failure = replaceMark(file, false);
    }
    return failure;
}

void FileJob::find() {
    isMissing.assign(paths.size(), false);
    for (std::size_t i = 0; i < paths.size(); i++) {
        const auto file = open(paths[i], FileUse::read);
        isMissing[i] = !file && file.error().problem == StoreProblem::missing;
    }
}

bool FileJob::removeOne(const std::string& path) {
    const auto file = open(path, FileUse::change);
    if (!file) {
        error = file.error();
        return false;
    }
    touched_.push_back(path);
    if (auto failure = removeStoredFile(*file)) {
        error = std::move(failure);
        return false;
    }
    return true;
}

void FileJob::removeAll() {
    find();
    isRemoved.assign(paths.size(), false);
    if (std::ranges::find(isMissing, true) != isMissing.end()) {
        return;
    }
    for (std::size_t i = 0; i < paths.size(); i++) {
        isRemoved[i] = removeOne(paths[i]);
    }
}

void FileJob::run() {
    switch (task) {
        case FileTask::find:
            return find();
        case FileTask::read:
            return readOne();
        case FileTask::edit:
            return editOne();
        case FileTask::remove:
            return removeAll();
    }
}

void FileJob::fail() noexcept {
    error = StoreError{StoreProblem::failed, {}};
}

void FileJob::afterRun() {
    for (const std::string& path : touched_) {
        discardKnowledge(door_, path, ngx_cycle->log);
    }
}

}  // namespace private_image
