// Render jobs, the only part that crosses into the thread pool and back. A job owns all it needs,
// so that its request may end before the render does.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "nginx/host/ngx.hpp"
#include "nginx/rendering/render_queue.hpp"
#include "nginx/rendering/result_memory.hpp"
#include "render/renderer.hpp"

namespace private_image {

// Encoded source bytes. Memory is allocated once if the origin sent a Content-Length. Only the
// render thread reads bytes that are in a file, so that the event loop does not wait for the disk
// and a waiting job holds no memory.
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

    // Refers to part of an open file, which load() reads. False with errno if it cannot be kept
    // open.
    bool deferRead(int descriptor, off_t offset, std::size_t length);

    // Reads the deferred part, in a thread. False with errno if the file does not have all of it.
    // Throws std::bad_alloc.
    bool load();

    // The bytes in memory.
    std::span<const unsigned char> bytes() const { return {data_, size_}; }
    // Includes the deferred part.
    std::size_t size() const { return size_ + restLength_; }

private:
    void swap(ByteBuffer& other) noexcept;
    void grow(std::size_t length);
    unsigned char* data_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
    int file_ = -1;  // a duplicate, closed by the destructor
    off_t restOffset_ = 0;
    std::size_t restLength_ = 0;
};

enum class JobEnd : std::uint8_t { rendered, expired, notStarted };

// An open file for a job's result. The job owns it, since the request may end before.
class ResultFile {
public:
    ResultFile() = default;

    // A file without a name, which is deleted when it is closed. Empty with errno on failure.
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
    bool digestsSources = false;      // the origin sent no revision: use a digest of the bytes
    std::string sourcesDigest;
    ResultFile file;              // the cache's file; empty: the result is not stored
    int fileError = 0;            // errno of writing `file`
    std::string temporaryFolder;  // for a result that is not stored and has no room in memory
    // Where the result's bytes are while they are sent to the client: in a file, and then no longer
    // in memory, or in memory that counts towards the worker's limit.
    ResultFile sentFrom;
    ResultMemory memory;
    std::chrono::milliseconds timeout{0};  // of the render, without the time in the queue
    // Called once, on the event loop; empty after abandon(). An expired job still runs.
    std::function<void(RenderJob&, JobEnd)> finished;

    RenderOutcome outcome;
    ngx_msec_t queuedAt = 0, startedAt = 0, finishedAt = 0;

    // The rest is used by render_job.cpp only.
    RenderPlace place;
    RenderQueue* queue = nullptr;
    ngx_thread_pool_t* pool = nullptr;
    std::atomic<bool> cancelled{false};
    bool running = false;
    std::atomic<bool> hasBegun{false};  // a thread has begun it
    std::shared_ptr<RenderJob> self;    // set while a thread has the job
    ngx_log_t* log = nullptr;           // the request's; valid until `finished` is empty
    ngx_thread_task_t task{};
};

// Starts the job, or lets it wait for its turn in the queue of `place`, which must not be empty.
// False if the thread pool refused it. `log`, for debugging, must live until the job has finished
// or is abandoned.
bool submit(const std::shared_ptr<RenderJob>& job, RenderPlace place, ngx_thread_pool_t& pool,
            ngx_log_t* log);

// The request does not need the result any more: a waiting job is never started, a running one is
// cancelled, and keeps its place until it has ended.
void abandon(const std::shared_ptr<RenderJob>& job);

}  // namespace private_image
