// Counts the objects that libvips still holds, to find leaks of renders in tests and fuzz targets.
#pragma once

#include <vips/vips.h>

#include <chrono>
#include <thread>

namespace private_image {

// LeakSanitizer takes none of them for lost, since libvips has a list of all.
inline int objectsAlive() {
    int count = 0;
    vips_object_map(
        [](void*, void* sum, void*) -> void* {
            ++*static_cast<int*>(sum);
            return nullptr;
        },
        &count, nullptr);
    return count;
}

// Threads of libvips may let go of some a moment later.
inline bool objectsFallTo(int count) {
    for (int waits = 0; waits < 200 && objectsAlive() > count; ++waits) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return objectsAlive() <= count;
}

}  // namespace private_image
