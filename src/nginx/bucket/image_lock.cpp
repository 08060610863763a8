#include "nginx/bucket/image_lock.hpp"

#include <algorithm>
#include <utility>

#include "access/digest.hpp"
#include "nginx/host/log.hpp"
#include "nginx/shared_memory/claims.hpp"

namespace private_image {
namespace {

constexpr std::int64_t heldSeconds = 60;  // after the last renewal
constexpr std::int64_t leftSeconds = std::int64_t{15} * 60;
constexpr ngx_msec_t renewInterval = 15'000;
constexpr ngx_msec_t retryInterval = 50;
constexpr ngx_msec_t patience = 30'000;

}  // namespace

ImageLock::ImageLock(ngx_log_t* log) {
    event_.data = this;
    event_.handler = onTimer;
    event_.log = log;
}

ImageLock::~ImageLock() {
    release();
}

void ImageLock::release() {
    if (event_.timer_set) {
        ngx_del_timer(&event_);
    }
    if (std::exchange(isHeld_, false)) {
        releaseClaim(key_, owner_);
    }
}

void ImageLock::leaveLocked() {
    if (isHeld_) {
        renewClaim(key_, owner_, ngx_time() + leftSeconds);
        isHeld_ = false;
    }
    release();
}

void ImageLock::renew() {
    renewClaim(key_, owner_, ngx_time() + heldSeconds);
    ngx_add_timer(&event_, renewInterval);
}

void ImageLock::acquire(std::string_view object, std::function<void(LockResult)> done) {
    const Sha256 digest = sha256({"lock of an image in a bucket ", object});
    std::copy_n(digest.begin(), key_.size(), key_.begin());
    owner_ = (std::uint64_t{static_cast<std::uint32_t>(ngx_pid)} << 32) ^
             static_cast<std::uint32_t>(ngx_random());
    done_ = std::move(done);
    giveUpAt_ = ngx_current_msec + patience;
    tryOnce();
}

void ImageLock::tryOnce() {
    const std::int64_t now = ngx_time();
    const ClaimResult use = claim(key_, now + heldSeconds, now, owner_);
    isHeld_ = use == ClaimResult::first;
    if (use == ClaimResult::taken && ngx_current_msec < giveUpAt_) {
        ngx_add_timer(&event_, retryInterval);
        return;
    }
    LockResult result = LockResult::held;
    if (isHeld_) {
        ngx_add_timer(&event_, renewInterval);
    } else {
        result = use == ClaimResult::taken ? LockResult::busy : LockResult::noRoom;
    }
    std::exchange(done_, nullptr)(result);
}

void ImageLock::onTimer(ngx_event_t* event) {
    auto& lock = *static_cast<ImageLock*>(event->data);
    ngx_log_t* log = event->log;
    try {
        lock.isHeld_ ? lock.renew() : lock.tryOnce();
    } catch (...) {
        logException(log, "waiting for another upload");
    }
}

}  // namespace private_image
