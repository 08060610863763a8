// Limits the memory that a worker's rendered results take while clients read them.
#pragma once

#include <cstddef>

namespace private_image {

// A result's share of the worker's memory for results; released when it is dropped. Thread-safe.
class ResultMemory {
public:
    // For all results of a worker, in bytes. A result that does not fit goes to a file.
    static constexpr std::size_t max = std::size_t{8} << 20;

    // When no file can be written either: one result always fits, more only up to this.
    static constexpr std::size_t emergencyMax = 3 * max;

    ResultMemory() = default;
    ResultMemory(ResultMemory&& other) noexcept;
    ResultMemory& operator=(ResultMemory&& other) noexcept;
    ~ResultMemory();

    // Empty if all results would then take more than `limit` bytes.
    static ResultMemory take(std::size_t bytes, std::size_t limit = max);

    // As take(), for a result that has no other place: never empty for the only result.
    static ResultMemory takeInEmergency(std::size_t bytes);

    explicit operator bool() const { return bytes_ != 0; }

private:
    explicit ResultMemory(std::size_t bytes) : bytes_(bytes) {}
    std::size_t bytes_ = 0;
};

}  // namespace private_image
