// libvips before 8.15.5 ends a thread that has waited 15 seconds for work, but removes it from the
// list of free threads only afterwards. A render that takes it from the list in between writes to
// freed memory: the process crashes, or the render waits forever. So no thread is left waiting that
// long: all threads that renders may need get work every few seconds.
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

// Not a divisor of 15 seconds: a call uses more threads than renders do, including those at the end
// of the list. Threads that only a call used must not be ended during the next call.
constexpr std::chrono::seconds period{4};

// A render computes in one thread and may write through two more; threads that have just finished
// may not be in the list of free ones yet.
constexpr int threadsPerRender = 3;
constexpr int spareThreads = 4;

std::atomic<int> running{0};
std::atomic<int> maxRunning{1};

// All called threads wait for each other, so that none of them answers twice.
class RollCall {
public:
    explicit RollCall(int called) : missing_(called) {}

    void answer() {
        constexpr std::chrono::seconds maxWait{1};
        std::unique_lock lock(mutex_);
        if (--missing_ > 0) {
            complete_.wait_for(lock, maxWait, [this] { return isOver_; });
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

// The four functions that a libvips thread pool requires.
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

// Called after the first answer, and so after all answers: stops the pool from starting more
// threads.
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

// Without a destructor, which would run when the process ends.
std::jthread* caller = nullptr;

// The event loop handles signals. Threads of libvips inherit the signal mask of their creator.
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
    int max = maxRunning;
    while (now > max && !maxRunning.compare_exchange_weak(max, now)) {
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
    constexpr int max = 50;
    const int called = std::clamp(count, 1, max);
    VipsImage* out = nullptr;
    if (vips_black(&out, 1, 1, static_cast<void*>(nullptr)) != 0) {
        return;
    }
    const Image image(out);
    // A pool starts with half of its maximum plus one.
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
