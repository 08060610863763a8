// Keeps libvips' worker threads from being ended while renders may take them up. Knows no images.
#pragma once

#include <vips/version.h>

// libvips before 8.15.5 has the fault that this is against; with others nothing here does anything.
#define PRIVATE_IMAGE_KEEPS_IDLE_THREADS \
    (VIPS_MAJOR_VERSION == 8 &&          \
     (VIPS_MINOR_VERSION < 15 || (VIPS_MINOR_VERSION == 15 && VIPS_MICRO_VERSION < 5)))

namespace private_image {

// Counts a render as running while it lives; so it is known how many threads they may need.
class RunningRender {
public:
    RunningRender();
    ~RunningRender();
    RunningRender(const RunningRender&) = delete;
    RunningRender& operator=(const RunningRender&) = delete;
};

// Starts the thread that calls up idle ones, once per process; false if it cannot be started.
bool keepIdleThreads();

// Ends that thread, which may take a second, so that libvips can be shut down.
void stopKeepingIdleThreads();

// Gives `count` of libvips' threads, at most 50, something to do at the same time. Those that are
// missing are started.
void callIdleThreads(int count);

}  // namespace private_image
