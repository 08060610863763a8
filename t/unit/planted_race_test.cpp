// Built for ThreadSanitizer alone: it sees what our code does in a call that libvips makes,
// although libvips itself is left out.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "pictures.hpp"

namespace private_image {
namespace {

class PlantedRace : public pictures::Test {};

void countProgress(VipsImage*, VipsProgress*, int* calls) {
    ++*calls;
}

constexpr int rounds = 50;  // ThreadSanitizer does not see each one on a busy machine

// The flag of a render, had it been forgotten to make it atomic.
void raceWithProgress(int& calls) {
    std::atomic<bool> hasBegun{false}, isOver{false};
    std::thread other([&] {
        ++calls;  // also where this thread does not run again in time
        hasBegun.store(true, std::memory_order_relaxed);
        while (!isOver.load(std::memory_order_relaxed)) {
            ++calls;
        }
    });
    while (!hasBegun.load(std::memory_order_relaxed)) {
    }
    VipsImage* out = nullptr;
    double unused = 0;
    if (vips_black(&out, 500, 500, static_cast<void*>(nullptr)) == 0) {
        vips_image_set_progress(out, TRUE);
        g_signal_connect(out, "eval", G_CALLBACK(countProgress), &calls);
        vips_avg(out, &unused, static_cast<void*>(nullptr));
        g_object_unref(out);
    }
    isOver.store(true, std::memory_order_relaxed);
    other.join();
}

[[noreturn]] void raceOften() {
    static int calls = 0;
    for (int round = 0; round < rounds; ++round) {
        raceWithProgress(calls);
    }
    std::exit(EXIT_SUCCESS);
}

TEST_F(PlantedRace, IsReported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(raceOften(), testing::ExitedWithCode(66), "data race(.|\n)*countProgress");
}

}  // namespace
}  // namespace private_image
