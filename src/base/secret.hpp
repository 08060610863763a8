// Key material: wiped on destruction, compared in constant time.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace private_image {

// Owns key material. Movable, not copyable, and without an output operator.
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

// True if both are equal. The duration depends on the lengths only, not on the content.
bool equalInConstantTime(std::string_view a, std::string_view b);

}  // namespace private_image
