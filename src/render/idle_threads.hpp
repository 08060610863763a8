// Keeps libvips' worker threads from being ended while renders may take them up. Knows no images.
#pragma once

namespace private_image {

// Counts a render as running while it lives; so it is known how many threads they may need.
class RunningRender {
public:
    RunningRender();
    ~RunningRender();
    RunningRender(const RunningRender&) = delete;
    RunningRender& operator=(const RunningRender&) = delete;
};

// Starts the thread that calls up idle ones, once per process and only where libvips has the fault;
// false if it cannot be started.
bool keepIdleThreads();

// Gives `count` of libvips' threads, at most 50, something to do at the same time. Those that are
// missing are started.
void callIdleThreads(int count);

}  // namespace private_image
