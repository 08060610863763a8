// libvips before 8.15.5 ends a thread that has waited 15 seconds for work, but takes it off the
// list of free ones only afterwards. A render that takes it up in between writes to freed memory:
// the process dies, or the render waits for ever. So nobody is left to wait that long: all that
// renders may need are called up every few seconds.
#include "render/idle_threads.hpp"

#if PRIVATE_IMAGE_KEEPS_IDLE_THREADS

#include <vips/vips.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "render/steps/image.hpp"

namespace private_image {

namespace {

// No divisor of the 15 seconds: a call takes up more threads than renders do, also those at the
// bottom of the list. What only a call used must not be ended during another.
constexpr std::chrono::seconds period{4};

// Each computes in one thread and may write through two more; those that have just ended may not
// be back in the list.
constexpr int threadsPerRender = 3;
constexpr int spareThreads = 4;

std::atomic<int> running{0};
std::atomic<int> maxRunning{1};

// All who are called wait for one another, so that none answers twice.
class RollCall {
public:
    explicit RollCall(int called) : missing_(called) {}

    void answer() {
        constexpr std::chrono::seconds longest{1};
        std::unique_lock lock(mutex_);
        if (--missing_ > 0) {
            complete_.wait_for(lock, longest, [this] { return isOver_; });
        }
        isOver_ = true;
        complete_.notify_all();
    }

    bool isOver() {
        const std::lock_guard lock(mutex_);
        return isOver_;
    }

private:
    std::mutex mutex_;
    std::condition_variable complete_;
    int missing_;
    bool isOver_ = false;
};

// The four that a libvips thread pool wants of its user.
VipsThreadState* enter(VipsImage* image, void* roll) {
    return vips_thread_state_new(image, roll);
}

int isThereWork(VipsThreadState*, void* roll, gboolean* stop) {
    *stop = static_cast<RollCall*>(roll)->isOver() ? TRUE : FALSE;
    return 0;
}

int answer(VipsThreadState*, void* roll) {
    static_cast<RollCall*>(roll)->answer();
    return 0;
}

// Comes after the first answer, that is after all: more threads than were called are not wanted.
int endPool(void*) {
    return -1;
}

void callUntilStopped(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    const auto isStopped = [&stop] { return stop.stop_requested(); };
    while (!never.wait_for(lock, stop, period, isStopped)) {
        callIdleThreads(maxRunning * threadsPerRender + spareThreads);
        vips_thread_shutdown();
    }
}

// Without a destructor: usually it runs when the process ends.
std::jthread* caller = nullptr;

// Signals are the event loop's. Threads of libvips inherit what their starter blocks.
bool startCaller() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool isStarted = true;
    try {
        caller = new std::jthread(callUntilStopped);
    } catch (const std::system_error&) {
        isStarted = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return isStarted;
}

}  // namespace

RunningRender::RunningRender() {
    const int now = ++running;
    int most = maxRunning;
    while (now > most && !maxRunning.compare_exchange_weak(most, now)) {
    }
}

RunningRender::~RunningRender() {
    --running;
}

bool keepIdleThreads() {
    static const bool isKept = startCaller();
    return isKept;
}

void stopKeepingIdleThreads() {
    delete std::exchange(caller, nullptr);
}

void callIdleThreads(int count) {
    constexpr int most = 50;
    const int called = std::clamp(count, 1, most);
    VipsImage* out = nullptr;
    if (vips_black(&out, 1, 1, static_cast<void*>(nullptr)) != 0) {
        return;
    }
    const Image image(out);
    // A pool starts with one more than half of what it is allowed.
    vips_image_set_int(image.get(), VIPS_META_CONCURRENCY, std::max(1, 2 * (called - 1)));
    RollCall roll(called);
    vips_threadpool_run(image.get(), enter, isThereWork, answer, endPool, &roll);
}

}  // namespace private_image

#else

namespace private_image {

RunningRender::RunningRender() = default;
RunningRender::~RunningRender() = default;

bool keepIdleThreads() {
    return true;
}

void stopKeepingIdleThreads() {}

void callIdleThreads(int) {}

}  // namespace private_image

#endif
