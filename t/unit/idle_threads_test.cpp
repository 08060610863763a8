// libvips' threads: all that are called come, and nobody has to be started twice.
#include "render/idle_threads.hpp"

#if PRIVATE_IMAGE_KEEPS_IDLE_THREADS

#include <chrono>
#include <filesystem>
#include <fstream>
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

}  // namespace
}  // namespace private_image

#endif
