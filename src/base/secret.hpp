// Bytes that are wiped when they are dropped and compared in constant time.
// Knows nothing of algorithms.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace private_image {

// Owns key material. Movable, not copyable; wiped on destruction; has no way to print itself.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::string_view bytes() const { return bytes_; }

private:
    void wipe() noexcept;
    std::string bytes_;
};

// True if both are equal; the time depends on the lengths only.
bool equalInConstantTime(std::string_view a, std::string_view b);

}  // namespace private_image
