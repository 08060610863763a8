// Writes canonical texts in the grammar of a dialect. Parsing the result must give the
// transformation that the text describes.
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
