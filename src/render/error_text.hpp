// The texts of libvips' errors, told apart by render. libvips has one error buffer for the process,
// and names in it no thread: a text belongs to a render only if no other ran beside it.
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

    // What libvips reported since the render began, as one printable line; empties the buffer. No
    // value, with the buffer untouched, if another render ran at any time since then.
    std::optional<std::string> take() const;

private:
    bool wasAlone_ = false;
    std::uint64_t number_ = 0;
};

}  // namespace private_image
