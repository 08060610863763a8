// Limits the memory that a worker's rendered results take while clients read them.
#pragma once

#include <cstddef>

namespace private_image {

// Counts the bytes of a result towards the worker's limit until it is destroyed. Thread-safe.
class ResultMemory {
public:
    // The limit for all results of a worker, in bytes. A result that does not fit goes to a file.
    static constexpr std::size_t max = std::size_t{8} << 20;

    // The limit if no file can be written. A single result is accepted whatever its size.
    static constexpr std::size_t emergencyMax = 3 * max;

    ResultMemory() = default;
    ResultMemory(ResultMemory&& other) noexcept;
    ResultMemory& operator=(ResultMemory&& other) noexcept;
    ~ResultMemory();

    // Empty if all results would then take more than `limit` bytes.
    static ResultMemory take(std::size_t bytes, std::size_t limit = max);

    // Like take(), for a result that cannot be written to a file: never empty if there is no other
    // result.
    static ResultMemory takeInEmergency(std::size_t bytes);

    explicit operator bool() const { return bytes_ != 0; }

private:
    explicit ResultMemory(std::size_t bytes) : bytes_(bytes) {}
    std::size_t bytes_ = 0;
};

}  // namespace private_image
