// Excludes changes of one image in a bucket from each other, between all workers of this machine:
// stores have no way to change metadata only if nothing else has changed.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "nginx/host/ngx.hpp"

namespace private_image {

enum class LockResult : std::uint8_t {
    held,    // until the lock is destroyed, or for a minute, whichever is first
    busy,    // others have held it for too long
    noRoom,  // the zone is full or off
};

class ImageLock {
public:
    explicit ImageLock(ngx_log_t* log);
    ~ImageLock();
    ImageLock(const ImageLock&) = delete;

    // Waits for the image of that URI. Calls `done` at once or from an event, once, unless the lock
    // is gone by then.
    void acquire(std::string_view uri, std::function<void(LockResult)> done);

    void release();

private:
    void tryOnce();
    static void onTimer(ngx_event_t* event);

    std::array<unsigned char, 16> key_{};
    std::function<void(LockResult)> done_;
    ngx_event_t event_{};
    ngx_msec_t giveUpAt_ = 0;
    bool isHeld_ = false;
};

}  // namespace private_image
