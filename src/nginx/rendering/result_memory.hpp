// How much memory a worker's rendered results take while their clients read them.
#pragma once

#include <cstddef>

namespace private_image {

// A result's share of the worker's memory for results; given back when it is dropped. Any thread.
class ResultMemory {
public:
    // All results of a worker together, in bytes. What does not fit waits in a file.
    static constexpr std::size_t max = std::size_t{8} << 20;

    // Where no file can be written either: one result always fits, more only up to this.
    static constexpr std::size_t emergencyMax = 3 * max;

    ResultMemory() = default;
    ResultMemory(ResultMemory&& other) noexcept;
    ResultMemory& operator=(ResultMemory&& other) noexcept;
    ~ResultMemory();

    // Empty if the results would take more than `limit` with these bytes.
    static ResultMemory take(std::size_t bytes, std::size_t limit = max);

    // As take(), for a result that has no other place: never empty where it is the only one.
    static ResultMemory takeInEmergency(std::size_t bytes);

    explicit operator bool() const { return bytes_ != 0; }

private:
    explicit ResultMemory(std::size_t bytes) : bytes_(bytes) {}
    std::size_t bytes_ = 0;
};

}  // namespace private_image
