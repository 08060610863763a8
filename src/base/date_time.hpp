// Times as JSON has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace private_image {

// ISO 8601 in UTC with milliseconds: "2026-11-30T11:55:52.953Z". Of the years 0 to 9999; times
// outside are the nearest one inside.
std::string isoTime(std::int64_t unixMilliseconds);

// Unix seconds of a date and time of RFC 3339, with or without fraction, which is cut off. Empty
// where it is malformed or no such date exists. A leap second is the second before.
std::optional<std::int64_t> parseDateTime(std::string_view text);

}  // namespace private_image
