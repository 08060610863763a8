#include "nginx/rendering/result_memory.hpp"

#include <atomic>
#include <utility>

namespace private_image {
namespace {

std::atomic<std::size_t> bytesHeld{0};

}  // namespace

ResultMemory::ResultMemory(ResultMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, 0)) {}

ResultMemory& ResultMemory::operator=(ResultMemory&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

ResultMemory::~ResultMemory() {
    bytesHeld -= bytes_;
}

ResultMemory ResultMemory::take(std::size_t bytes, std::size_t limit) {
    std::size_t held = bytesHeld;
    do {
        if (bytes > limit || held > limit - bytes) {
            return {};
        }
    } while (!bytesHeld.compare_exchange_weak(held, held + bytes));
    return ResultMemory(bytes);
}

ResultMemory ResultMemory::takeInEmergency(std::size_t bytes) {
    std::size_t none = 0;
    if (bytesHeld.compare_exchange_strong(none, bytes)) {
        return ResultMemory(bytes);
    }
    return take(bytes, emergencyMax);
}

}  // namespace private_image
