#include "nginx/door/store_job.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "render/vips_runtime.hpp"

namespace private_image {
namespace {

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

}  // namespace

void StoreJob::inspectFile() {
    const MappedFile mapped(file.get(), size);
    if (mapped.bytes().empty()) {
        inspection.problem = RenderProblem::internal;
        inspection.detail = "map a file: " + std::generic_category().message(errno);
        return;
    }
    const Gate& gate = *door_.gate;
    inspection =
        inspect(mapped.bytes(), gate.render,
                door_.verifies ? InspectionDepth::pixels : InspectionDepth::header,
                std::chrono::steady_clock::now() + std::chrono::milliseconds(gate.renderTimeout));
    endVipsJob();
}

void StoreJob::readReplaced() {
    auto replaced = openStoredFile(door_.folder.root, path, FileUse::read);
    if (replaced) {
        replacedDetails = std::move(replaced->details);
    } else if (replaced.error().problem != StoreProblem::missing) {
        error = replaced.error();
    }
}

void StoreJob::run() {
    if (step == Step::publish) {
        error = publishFile(file, door_.folder.root, path, details, door_.access, mayReplace);
        return;
    }
    inspectFile();
    if (keepsTags && mayReplace) {
        readReplaced();
    }
}

void StoreJob::fail() noexcept {
    inspection.problem = RenderProblem::internal;
    error = StoreError{StoreProblem::failed, {}};
}

// A mark that was recorded before the file had its name ends here: from now on the gate reads the
// file's own.
void StoreJob::afterRun() {
    if (step == Step::publish) {
        discardKnowledge(door_, imagePath, ngx_cycle->log);
    }
}

}  // namespace private_image
