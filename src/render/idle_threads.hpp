// Keeps libvips' worker threads from being ended while renders may use them.
#pragma once

#include <vips/version.h>

// A workaround for libvips before 8.15.5; does nothing with later versions.
#define PRIVATE_IMAGE_KEEPS_IDLE_THREADS \
    (VIPS_MAJOR_VERSION == 8 &&          \
     (VIPS_MINOR_VERSION < 15 || (VIPS_MINOR_VERSION == 15 && VIPS_MICRO_VERSION < 5)))

namespace private_image {

// Counts a running render during its life, to know how many threads renders may need.
class RunningRender {
public:
    RunningRender();
    ~RunningRender();
    RunningRender(const RunningRender&) = delete;
    RunningRender& operator=(const RunningRender&) = delete;
};

// Starts the thread that gives work to idle ones, once per process; false if it cannot be started.
bool keepIdleThreads();

// Ends that thread, which may take a second, so that libvips can be shut down.
void stopKeepingIdleThreads();

// Gives work to `count` of libvips' threads, at most 50, at the same time; starts missing threads.
void callIdleThreads(int count);

}  // namespace private_image
