// Canonical texts written again in a dialect's grammar, which is how they are read back. What comes
// out has to be read as the very transformation that the text is of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace private_image::fuzzing {

// Empty if the dialect cannot express it: features of the other dialect, and numbers with more
// digits than parsers accept.
std::optional<std::string> spelledForCloudflare(std::string_view canonical);
std::optional<std::string> spelledForImagekit(std::string_view canonical);

}  // namespace private_image::fuzzing
