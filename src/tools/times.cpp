#include "tools/times.hpp"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/encoding.hpp"

namespace private_image::tools {
namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t maxInstant = 999'999'999'999;

struct Unit {
    char letter;
    std::int64_t seconds;
    const char* name;
};

// In NGINX's lengths: a month has 30 days, a year 365.
constexpr std::array units{Unit{'y', 365 * day, "year"}, Unit{'M', 30 * day, "month"},
                           Unit{'w', 7 * day, "week"},   Unit{'d', day, "day"},
                           Unit{'h', hour, "hour"},      Unit{'m', minute, "minute"},
                           Unit{'s', 1, "second"}};

// Removes a number from the front; empty if there is no number, or if it exceeds `max`.
std::optional<std::int64_t> takeNumber(std::string_view& text, std::int64_t max) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parseUnsigned(text.substr(0, end), static_cast<std::uint64_t>(max));
    text.remove_prefix(end);
    return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

using DateTime = std::unique_ptr<GDateTime, decltype(&g_date_time_unref)>;

}  // namespace

std::optional<std::int64_t> parseDuration(std::string_view text, std::int64_t max) {
    std::int64_t total = 0;
    std::size_t next = 0;  // the largest unit that may still come
    do {
        const auto number = takeNumber(text, max);
        const char letter = text.empty() ? 's' : text[0];
        while (next < units.size() && units[next].letter != letter) {
            ++next;
        }
        if (!number || next == units.size() || *number > (max - total) / units[next].seconds) {
            return std::nullopt;
        }
        total += *number * units[next++].seconds;
        text.remove_prefix(text.empty() ? 0 : 1);
    } while (!text.empty());
    return total;
}

std::optional<std::int64_t> parseInstant(std::string_view text) {
    const auto seconds = parseUnsigned(text, maxInstant);
    if (seconds) {
        return text.size() <= 12 ? std::optional(static_cast<std::int64_t>(*seconds))
                                 : std::nullopt;
    }
    const std::string full = std::string(text) + (text.size() == 10 ? "T00:00:00Z" : "");
    const DateTime instant(g_date_time_new_from_iso8601(full.c_str(), nullptr), g_date_time_unref);
    const std::int64_t unix = instant ? g_date_time_to_unix(instant.get()) : -1;
    // GLib accepts other spellings of ISO 8601 as well.
    return unix >= 0 && instantText(unix) == full ? std::optional(unix) : std::nullopt;
}

std::string instantText(std::int64_t seconds) {
    const DateTime instant(g_date_time_new_from_unix_utc(seconds), g_date_time_unref);
    if (!instant) {
        return "unix time " + std::to_string(seconds);
    }
    const std::unique_ptr<char, decltype(&g_free)> text(
        g_date_time_format(instant.get(), "%Y-%m-%dT%H:%M:%SZ"), g_free);
    return text.get();
}

std::string distanceText(std::int64_t from, std::int64_t to) {
    const std::int64_t seconds = to < from ? from - to : to - from;
    for (const Unit& unit : units) {
        const std::int64_t count = seconds / unit.seconds;
        if (count == 0 && unit.seconds != 1) {
            continue;
        }
        const std::string text = std::to_string(count) + ' ' + unit.name + (count == 1 ? "" : "s");
        return to < from ? text + " ago" : "in " + text;
    }
    return {};
}

}  // namespace private_image::tools
