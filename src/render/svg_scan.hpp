// Looks through a drawing's text for what could make librsvg draw for minutes: one call of it
// cannot be stopped. Parses no more of XML than that takes; draws nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace private_image {

struct SvgVerdict {
    std::string_view refusal;  // why the drawing is refused; empty where it is not
    std::size_t elements = 0;  // each may paint all of the picture
};

SvgVerdict scanSvg(std::span<const unsigned char> bytes);

}  // namespace private_image
