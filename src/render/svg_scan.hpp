// Searches a drawing's text for what could make librsvg draw for minutes: a call of it cannot be
// stopped.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace private_image {

struct SvgVerdict {
    std::string_view refusal;  // why the drawing is refused, as a predicate; empty if accepted
    std::size_t elements = 0;  // each may paint the whole picture
};

SvgVerdict scanSvg(std::span<const unsigned char> bytes);

}  // namespace private_image
