// Lengths in NGINX's units, instants in UTC, without locale or time zone. Which are sensible is
// left to the callers.
#include "tools/times.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/encoding.hpp"

namespace private_image::tools {
namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t latestInstant = 999'999'999'999;

struct Unit {
    char letter;
    std::int64_t seconds;
    const char* name;
};

// In NGINX's lengths.
constexpr std::array units{Unit{'y', 365 * day, "year"}, Unit{'M', 30 * day, "month"},
                           Unit{'w', 7 * day, "week"},   Unit{'d', day, "day"},
                           Unit{'h', hour, "hour"},      Unit{'m', minute, "minute"},
                           Unit{'s', 1, "second"}};

// Takes digits off the front; empty where there are none, or where they exceed `most`.
std::optional<std::int64_t> takeNumber(std::string_view& text, std::int64_t most) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parseUnsigned(text.substr(0, end), static_cast<std::uint64_t>(most));
    text.remove_prefix(end);
    return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

// Digits that fill a field, and nothing else.
std::optional<unsigned> field(std::string_view text, std::size_t begin, std::size_t length) {
    const auto number = parseUnsigned(text.substr(begin, length), 9999);
    return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

bool hasShape(std::string_view text, std::string_view shape) {
    if (text.size() != shape.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool isDigit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !isDigit : text[i] != shape[i]) {
            return false;
        }
    }
    return true;
}

std::optional<std::int64_t> secondsOfDate(std::string_view text) {
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(*field(text, 0, 4))), month(*field(text, 5, 2)),
                              std::chrono::day(*field(text, 8, 2))};
    if (!date.ok() || date < year_month_day{1970y / 1 / 1}) {
        return std::nullopt;
    }
    return duration_cast<seconds>(sys_days(date).time_since_epoch()).count();
}

}  // namespace

std::optional<std::int64_t> parseDuration(std::string_view text, std::int64_t most) {
    std::int64_t total = 0;
    std::size_t next = 0;  // the largest unit that may still come
    do {
        const auto number = takeNumber(text, most);
        const char letter = text.empty() ? 's' : text[0];
        while (next < units.size() && units[next].letter != letter) {
            ++next;
        }
        if (!number || next == units.size() || *number > (most - total) / units[next].seconds) {
            return std::nullopt;
        }
        total += *number * units[next++].seconds;
        text.remove_prefix(text.empty() ? 0 : 1);
    } while (!text.empty());
    return total;
}

std::optional<std::int64_t> parseInstant(std::string_view text) {
    if (hasShape(text, "0000-00-00")) {
        return secondsOfDate(text);
    }
    if (hasShape(text, "0000-00-00T00:00:00Z")) {
        const auto date = secondsOfDate(text);
        const unsigned hours = *field(text, 11, 2), minutes = *field(text, 14, 2),
                       seconds = *field(text, 17, 2);
        const bool isTime = hours < 24 && minutes < 60 && seconds < 60;
        return date && isTime ? std::optional(*date + hours * hour + minutes * minute + seconds)
                              : std::nullopt;
    }
    const auto seconds = parseUnsigned(text, latestInstant);
    return seconds && text.size() <= 12 ? std::optional(static_cast<std::int64_t>(*seconds))
                                        : std::nullopt;
}

std::string instantText(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds instant{std::chrono::seconds(seconds)};
    const auto midnight = floor<days>(instant);
    const year_month_day date{midnight};
    const hh_mm_ss time{instant - midnight};
    std::array<char, 64> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                                    int(date.year()), unsigned(date.month()), unsigned(date.day()),
                                    int(time.hours().count()), int(time.minutes().count()),
                                    int(time.seconds().count())));  // what 64 signs always hold
    return text.data();
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
