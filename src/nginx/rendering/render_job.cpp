// A job is shared by its request, its queue and, while it runs, its thread. The thread reads the
// input and writes the outcome; everything else runs on the event loop.
#include "nginx/rendering/render_job.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <set>
#include <system_error>

#include "access/digest.hpp"
#include "nginx/host/pool.hpp"
#include "nginx/shared_memory/counters.hpp"
#include "render/vips_runtime.hpp"

namespace private_image {

// ------------------------------------------------------------------ source bytes

ByteBuffer::~ByteBuffer() {
    gauges().sourceBytesHeld -= size_;
    std::free(data_);
    if (file_ >= 0) {
        close(file_);
    }
}

void ByteBuffer::reserve(std::size_t capacity) {
    if (capacity <= capacity_) {
        return;
    }
    void* moved = std::realloc(data_, capacity);
    if (moved == nullptr) {
        throw std::bad_alloc();
    }
    data_ = static_cast<unsigned char*>(moved);
    capacity_ = capacity;
}

void ByteBuffer::append(const unsigned char* bytes, std::size_t length) {
    if (length == 0) {
        return;
    }
    if (size_ + length > capacity_) {
        reserve(std::max(size_ + length, capacity_ + capacity_ / 2));
    }
    std::memcpy(data_ + size_, bytes, length);
    grow(length);
}

void ByteBuffer::grow(std::size_t length) {
    size_ += length;
    gauges().sourceBytesHeld += length;
    count(&Counters::sourceBytes, length);
}

bool ByteBuffer::deferRead(int descriptor, off_t offset, std::size_t length) {
    file_ = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    restOffset_ = offset;
    restLength_ = file_ < 0 ? 0 : length;
    return file_ >= 0;
}

bool ByteBuffer::load() {
    reserve(size_ + restLength_);
    while (restLength_ > 0) {
        const ssize_t got = pread(file_, data_ + size_, restLength_, restOffset_);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? ENODATA : errno;
            return false;
        }
        grow(static_cast<std::size_t>(got));
        restOffset_ += got;
        restLength_ -= static_cast<std::size_t>(got);
    }
    return true;
}

void ByteBuffer::swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(file_, other.file_);
    std::swap(restOffset_, other.restOffset_);
    std::swap(restLength_, other.restLength_);
}

// ------------------------------------------------------------------ files

ResultFile::ResultFile(int descriptor, off_t offset)
    : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)), offset_(offset) {}

// Some file systems (NFS) do not support files without names: there the name is removed at once.
ResultFile ResultFile::temporary(const std::string& folder) {
    ResultFile file;
    file.descriptor_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file.descriptor_ < 0) {
        std::string name = folder + "/private-image-XXXXXX";
        file.descriptor_ = mkostemp(name.data(), O_CLOEXEC);
        if (file.descriptor_ >= 0) {
            unlink(name.c_str());
        }
    }
    return file;
}

ResultFile::ResultFile(ResultFile&& other) noexcept {
    *this = std::move(other);
}

ResultFile& ResultFile::operator=(ResultFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(offset_, other.offset_);
    return *this;
}

ResultFile::~ResultFile() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

int ResultFile::write(std::span<const unsigned char> bytes) const {
    for (off_t at = offset_; !bytes.empty();) {
        const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), at);
        if (written > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
            at += written;
        } else if (written == 0 || errno != EINTR) {
            return written == 0 ? EIO : errno;
        }
    }
    return 0;
}

// ------------------------------------------------------------------ jobs

namespace {

bool start(const std::shared_ptr<RenderJob>& job);

// The times at which the waiting jobs of all queues were queued.
std::multiset<ngx_msec_t> waitingSince;

void publishWaiting() {
    gauges().rendersWaiting = waitingSince.size();
    gauges().oldestWaitingSince = waitingSince.empty() ? 0 : *waitingSince.begin();
}

void beginWaiting(const RenderJob& job) {
    waitingSince.insert(job.queuedAt);
    publishWaiting();
}

void endWaiting(const RenderJob& job) {
    waitingSince.erase(waitingSince.find(job.queuedAt));
    publishWaiting();
}

std::string digestOf(const std::vector<ByteBuffer>& sources) {
    std::string digests;
    for (const ByteBuffer& source : sources) {
        digests += sha256Hex(source.bytes());
    }
    return digests;
}

// Brings all sources into memory. False, with the outcome, if one cannot be read.
bool loadSources(RenderJob& job) {
    for (ByteBuffer& source : job.sources) {
        if (!source.load()) {
            job.outcome.problem = RenderProblem::damaged;
            job.outcome.detail = "a source's file: " + std::generic_category().message(errno);
            return false;
        }
    }
    job.input.source = job.sources.front().bytes();
    for (std::size_t i = 1; i < job.sources.size(); i++) {
        job.input.layers.push_back(job.sources[i].bytes());
    }
    return true;
}

// Running out of memory leaves an empty outcome, which is an internal error.
void renderSources(RenderJob& job) {
    try {
        if (loadSources(job)) {
            job.outcome = render(job.input);
        }
    } catch (const std::bad_alloc&) {
        job.outcome = {};
    }
}

int writeTemporary(RenderJob& job, std::span<const unsigned char> bytes) {
    ResultFile file = ResultFile::temporary(job.temporaryFolder);
    const int error = file ? file.write(bytes) : errno;
    if (error == 0) {
        job.sentFrom = std::move(file);
    }
    return error;
}

// glibc keeps freed memory for later blocks of that size. After a large result it is returned to
// the system; such a render takes so long that the cost does not count.
void freeResult(EncodedBytes& result) {
    constexpr std::size_t large = std::size_t{1} << 20;
    result.data.reset();
#ifdef __GLIBC__
    if (result.size >= large) {
        malloc_trim(0);
    }
#endif
}

// Results are kept while clients read them, which may be slow: in memory up to a limit, then in
// files.
void placeResult(RenderJob& job) {
    EncodedBytes& result = job.outcome.rendered->bytes;
    const std::span<const unsigned char> bytes{result.data.get(), result.size};
    job.fileError = job.file ? job.file.write(bytes) : 0;
    const bool isInCache = job.file && job.fileError == 0;
    if (!isInCache) {
        job.memory = ResultMemory::take(bytes.size());
        const int error = job.memory ? 0 : writeTemporary(job, bytes);
        if (error != 0) {
            job.memory = ResultMemory::takeInEmergency(bytes.size());
        }
        if (error != 0 && !job.memory) {
            freeResult(result);
            job.outcome.rendered.reset();
            job.outcome.problem = RenderProblem::internal;
            job.outcome.detail = "no room in memory, nor for a temporary file in \"" +
                                 job.temporaryFolder +
                                 "\": " + std::generic_category().message(error);
            return;
        }
    }
    if (!job.memory) {
        freeResult(result);
    }
}

void renderInThread(void* data, ngx_log_t*) {
    RenderJob& job = *static_cast<RenderJob*>(data);
    job.input.deadline = std::chrono::steady_clock::now() + job.timeout;
    job.hasBegun = true;
    renderSources(job);
    endVipsJob();
    if (job.digestsSources && job.outcome.rendered) {
        try {
            job.sourcesDigest = digestOf(job.sources);
        } catch (const std::bad_alloc&) {
            job.outcome.rendered.reset();
        }
    }
    if (job.outcome.rendered) {
        placeResult(job);
    }
}

[[maybe_unused]] const char* endName(JobEnd end) {
    switch (end) {
        case JobEnd::rendered:
            return "finished";
        case JobEnd::expired:
            return "timed out";
        case JobEnd::notStarted:
            break;
    }
    return "refused by the thread pool";
}

void notify(RenderJob& job, JobEnd end) {
    if (job.finished) {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, job.log, 0, "private_image: render job %s, %M ms",
                       endName(end), ngx_current_msec - job.queuedAt);
        std::exchange(job.finished, nullptr)(job, end);
    }
}

void startWaiting(RenderQueue& queue) {
    while (!queue.waiting.empty() && queue.mayStart()) {
        const std::shared_ptr<RenderJob> job = std::move(queue.waiting.front());
        queue.waiting.pop_front();
        endWaiting(*job);
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, job->log, 0,
                       "private_image: render job posted, waited %M ms",
                       ngx_current_msec - job->queuedAt);
        if (!start(job)) {
            job->place = RenderPlace();
            notify(*job, JobEnd::notStarted);
        }
    }
}

void countEnd(const RenderJob& job) {
    gauges().rendersRunning--;
    observe(&Counters::renderSeconds, job.finishedAt - job.startedAt);
    if (job.outcome.rendered) {
        count(&Counters::renderedBytes, job.outcome.rendered->bytes.size);
    }
}

// The timeout counts from the time at which a thread begins the render.
ngx_msec_t timeLeft(const RenderJob& job) {
    using std::chrono::milliseconds;
    const auto left =
        job.hasBegun
            ? std::chrono::ceil<milliseconds>(job.input.deadline - std::chrono::steady_clock::now())
            : job.timeout;
    return static_cast<ngx_msec_t>(std::max(left, milliseconds(0)).count());
}

// The event of a task: its timer keeps a quitting worker alive until the thread is done.
void onTaskEvent(ngx_event_t* event) {
    RenderJob& job = *static_cast<RenderJob*>(event->data);
    if (event->timedout) {
        event->timedout = 0;
        if (const ngx_msec_t left = timeLeft(job); left > 0) {
            ngx_add_timer(event, left);
            return;
        }
        // Not every encoder can be stopped. The answer does not wait for it, but the job keeps its
        // place until it ends.
        ngx_add_timer(event, 1000);
        job.cancelled = true;
        notify(job, JobEnd::expired);
        return;
    }
    if (event->timer_set) {
        ngx_del_timer(event);
    }
    const std::shared_ptr<RenderJob> holder = std::move(job.self);
    RenderQueue& queue = *job.queue;
    job.running = false;
    job.finishedAt = ngx_current_msec;
    countEnd(job);
    queue.end();
    job.place = RenderPlace();
    job.sources.clear();
    startWaiting(queue);
    notify(job, JobEnd::rendered);
}

bool start(const std::shared_ptr<RenderJob>& job) {
    ngx_thread_task_t& task = job->task;
    task.handler = renderInThread;
    job->self = job;
    task.ctx = job.get();
    task.event.data = job.get();
    task.event.handler = onTaskEvent;
    task.event.log = ngx_cycle->log;
    if (ngx_thread_task_post(job->pool, &task) != NGX_OK) {
        job->self.reset();
        return false;
    }
    job->running = true;
    job->startedAt = ngx_current_msec;
    job->queue->begin();
    gauges().rendersRunning++;
    observe(&Counters::queueSeconds, job->startedAt - job->queuedAt);
    job->place.beginRender();
    ngx_add_timer(&task.event, static_cast<ngx_msec_t>(job->timeout.count()));
    return true;
}

}  // namespace

bool submit(const std::shared_ptr<RenderJob>& job, RenderPlace place, ngx_thread_pool_t& pool,
            ngx_log_t* log) {
    RenderQueue& queue = place.queue();
    job->place = std::move(place);
    job->queue = &queue;
    job->pool = &pool;
    job->log = log;
    job->input.cancelled = &job->cancelled;
    job->queuedAt = ngx_current_msec;
    if (queue.mayStart()) {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: render job posted");
        return start(job);
    }
    queue.waiting.push_back(job);
    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0, "private_image: render job waits, %uz in the queue",
                   queue.waiting.size());
    beginWaiting(*job);
    return true;
}

void abandon(const std::shared_ptr<RenderJob>& job) {
    job->finished = nullptr;
    job->cancelled = true;
    if (!job->running) {
        if (std::erase(job->queue->waiting, job) != 0) {
            endWaiting(*job);
        }
        job->place = RenderPlace();
    }
}

}  // namespace private_image
