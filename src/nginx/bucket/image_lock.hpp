// Excludes changes of one image in a bucket from each other, between all workers of this machine:
// stores have no way to change metadata only if nothing else has changed.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "nginx/host/ngx.hpp"

namespace private_image {

enum class LockResult : std::uint8_t {
    held,    // until release(), or a minute longer than its worker lives
    busy,    // others have held it for too long
    noRoom,  // the zone is full or off
};

class ImageLock {
public:
    explicit ImageLock(ngx_log_t* log);
    ~ImageLock();
    ImageLock(const ImageLock&) = delete;

    // Waits for that object of a bucket. Calls `done` at once or from an event, once, unless the
    // lock is gone by then.
    void acquire(std::string_view object, std::function<void(LockResult)> done);

    bool isHeld() const { return isHeld_; }
    void release();

    // Keeps the lock for a quarter of an hour, the time for which a signature is valid: the store
    // may yet do what it was asked for.
    void leaveLocked();

private:
    void tryOnce();
    void renew();
    static void onTimer(ngx_event_t* event);

    std::array<unsigned char, 16> key_{};
    std::function<void(LockResult)> done_;
    ngx_event_t event_{};
    ngx_msec_t giveUpAt_ = 0;
    std::uint64_t owner_ = 0;
    bool isHeld_ = false;
};

}  // namespace private_image
