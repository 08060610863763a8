// The texts of libvips' errors, attributed to renders. libvips has one error buffer for the process
// and records no thread: a text belongs to a render only if no other render ran at the same time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace private_image {

// Lives as long as a render. Thread safe.
class ErrorText {
public:
    ErrorText();
    ~ErrorText();
    ErrorText(const ErrorText&) = delete;
    ErrorText& operator=(const ErrorText&) = delete;

    // Returns what libvips reported since the render began, as one printable line, and empties the
    // buffer. Empty, with the buffer untouched, if another render ran at any time since then.
    std::optional<std::string> take() const;

private:
    bool wasAlone_ = false;
    std::uint64_t number_ = 0;
};

}  // namespace private_image
