// Times as they are written on a command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace private_image::tools {

// As NGINX writes times: "90", "90s", "1h30m", "7d"; units from y to s, each at most once and in
// that order. Returns seconds, at most `max`.
std::optional<std::int64_t> parseDuration(std::string_view text, std::int64_t max);

// Unix seconds of at most 12 digits, or UTC: "2030-01-01", "2030-01-01T12:30:00Z".
std::optional<std::int64_t> parseInstant(std::string_view text);
inline constexpr const char* instantAdvice =
    "write unix seconds, or UTC as in 2030-01-01 or 2030-01-01T12:30:00Z";

// "2030-01-01T12:30:00Z". From the year 10000 on: "unix time 253402300800".
std::string instantText(std::int64_t seconds);

// The difference in its largest unit, rounded down: "in 3 days", "2 hours ago".
std::string distanceText(std::int64_t from, std::int64_t to);

}  // namespace private_image::tools
