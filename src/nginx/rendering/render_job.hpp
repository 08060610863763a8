// The only part that crosses into the thread pool and back: jobs that own all they need, so that a
// request may end before its render. Knows no policy.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "nginx/config/location_config.hpp"
#include "nginx/host/ngx.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "nginx/rendering/result_memory.hpp"
#include "render/renderer.hpp"

namespace private_image {

// Encoded source bytes, allocated once where the origin told the length; or where in a file they
// are until the render begins: then nobody else waits for the disk, and who waits for his turn
// holds no memory.
class ByteBuffer {
public:
    ByteBuffer() = default;
    ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
    ByteBuffer& operator=(ByteBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~ByteBuffer();

    // Both throw std::bad_alloc.
    void reserve(std::size_t capacity);
    void append(const unsigned char* bytes, std::size_t length);

    // Part of an open file, instead of bytes. False with errno if it cannot be kept open.
    bool putOff(int descriptor, off_t offset, std::size_t length);

    // Reads what was put off, in a thread. False with errno if it is no longer all there. Throws
    // std::bad_alloc.
    bool load();

    // Of what is in memory; size() is of what will be.
    std::span<const unsigned char> bytes() const { return {data_, size_}; }
    std::size_t size() const { return size_ + restLength_; }

private:
    void swap(ByteBuffer& other) noexcept;
    void grow(std::size_t length);
    unsigned char* data_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
    int file_ = -1;  // a descriptor of its own
    off_t restOffset_ = 0;
    std::size_t restLength_ = 0;
};

enum class JobEnd : std::uint8_t { rendered, expired, notStarted };

// An open file that a job writes its result into; its own, since the request may end before.
class ResultFile {
public:
    ResultFile() = default;

    // A file without a name, which is gone when it is closed. Empty with errno if there is none.
    static ResultFile temporary(const std::string& folder);

    // Duplicates `descriptor`; the result's first byte goes to `offset`.
    ResultFile(int descriptor, off_t offset);
    ResultFile(ResultFile&& other) noexcept;
    ResultFile& operator=(ResultFile&& other) noexcept;
    ~ResultFile();

    explicit operator bool() const { return descriptor_ >= 0; }

    // 0, or errno.
    int write(std::span<const unsigned char> bytes) const;

    int descriptor() const { return descriptor_; }
    off_t offset() const { return offset_; }

private:
    int descriptor_ = -1;
    off_t offset_ = 0;
};

struct RenderJob {
    RenderInput input;
    Transform transform;
    std::vector<ByteBuffer> sources;  // the original first, then its layers
    bool digestsSources = false;      // the origin gave no revision: the bytes are it
    std::string sourcesDigest;
    ResultFile file;              // the cache's, where the result is to be kept; may be none
    int fileError = 0;            // errno of that
    std::string temporaryFolder;  // for a result that is not kept, and finds no room in memory
    // The result's bytes, while their client reads them: a file, in which case they are no longer
    // in memory, or a share of the worker's memory.
    ResultFile sentFrom;
    ResultMemory memory;
    std::chrono::milliseconds timeout{0};  // of the render alone, once it runs
    // On the event loop, once; empty when nobody waits any more. An expired job still runs.
    std::function<void(RenderJob&, JobEnd)> finished;

    RenderOutcome outcome;
    ngx_msec_t queuedAt = 0, startedAt = 0, finishedAt = 0;

    // The rest is render_job's own.
    RenderPlace place;
    RenderQueue* queue = nullptr;
    ngx_thread_pool_t* pool = nullptr;
    std::atomic<bool> cancelled{false};
    bool running = false;
    std::atomic<bool> isTakenUp{false};  // by a thread
    std::shared_ptr<RenderJob> self;     // held while a thread has it
    ngx_thread_task_t task{};
};

// Starts the job, or lets it wait its turn. False if the thread pool refused it.
bool submit(const std::shared_ptr<RenderJob>& job, RenderPlace place, const Gate& gate);

// Nobody wants the result any more: a waiting job is never started, a running one is told to stop
// and counts until it has.
void abandon(const std::shared_ptr<RenderJob>& job);

}  // namespace private_image
