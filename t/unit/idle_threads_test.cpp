// libvips' threads: all called threads answer, and no thread has to be started twice.
#include "render/idle_threads.hpp"

#if PRIVATE_IMAGE_KEEPS_IDLE_THREADS

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "pictures.hpp"

namespace private_image {
namespace {

class IdleThreads : public pictures::Test {};

std::set<std::string> libraryThreads() {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(entry.path() / "comm");
        std::string name;
        if (std::getline(file, name) && name == "libvips worker") {
            found.insert(entry.path().filename());
        }
    }
    return found;
}

TEST_F(IdleThreads, AllThatAreCalledComeAndAreCalledAgain) {
    callIdleThreads(9);
    const auto first = libraryThreads();
    EXPECT_GE(first.size(), 9u);
    // Those that have just answered are on their way back.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    callIdleThreads(9);
    EXPECT_EQ(libraryThreads(), first);
}

TEST_F(IdleThreads, HowManyAreCalledIsBounded) {
    callIdleThreads(-1);
    callIdleThreads(0);
    callIdleThreads(1);
    callIdleThreads(1'000'000);
    EXPECT_LE(libraryThreads().size(), 100u);
}

std::ptrdiff_t threadCount() {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    return std::distance(begin(threads), end(threads));
}

[[noreturn]] void stopAndExit() {
    const std::ptrdiff_t before = threadCount();
    stopKeepingIdleThreads();
    stopKeepingIdleThreads();
    const bool isKept = vips_version(1) < 15;
    std::exit(before - threadCount() == (isKept ? 1 : 0) ? EXIT_SUCCESS : EXIT_FAILURE);
}

// A thread that calls others while the process ends would read what libvips has freed.
TEST_F(IdleThreads, TheThreadThatCallsThemCanBeStopped) {
    if (vips_version(1) == 15) {
        GTEST_SKIP() << "the micro version decides";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(stopAndExit(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace private_image

#endif
