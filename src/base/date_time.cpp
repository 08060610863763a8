// gcc 12 has no std::format and no std::chrono::parse.
#include "base/date_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/ascii.hpp"

namespace private_image {

namespace {

using namespace std::chrono;

constexpr std::int64_t minMilliseconds = -62'167'219'200'000;  // 0000-01-01
constexpr std::int64_t maxMilliseconds = 253'402'300'799'999;  // 9999-12-31

// Reads a text from its begin; after the first error it stays failed.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || !isDigit(rest_.front())) {
                hasFailed_ = true;
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    // One of the characters, in lower case.
    char oneOf(std::string_view characters) {
        const char c = rest_.empty() ? '\0' : toLowerCase(rest_.front());
        if (characters.find(c) == characters.npos) {
            hasFailed_ = true;
            return '\0';
        }
        rest_.remove_prefix(1);
        return c;
    }

    void skipFraction() {
        if (!rest_.starts_with('.')) {
            return;
        }
        rest_.remove_prefix(1);
        number(1);
        while (!rest_.empty() && isDigit(rest_.front())) {
            rest_.remove_prefix(1);
        }
    }

    bool hasReadAll() const { return !hasFailed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool hasFailed_ = false;
};

// Minutes east of UTC.
int readOffset(Reader& reader) {
    const char sign = reader.oneOf("z+-");
    if (sign != '+' && sign != '-') {
        return 0;
    }
    const int hour = reader.number(2);
    reader.oneOf(":");
    const int minute = reader.number(2);
    if (hour > 23 || minute > 59) {
        reader.number(99);
    }
    return (sign == '-' ? -1 : 1) * (hour * 60 + minute);
}

}  // namespace

std::string isoTime(std::int64_t unixMilliseconds) {
    const milliseconds time(std::clamp(unixMilliseconds, minMilliseconds, maxMilliseconds));
    const auto day = floor<days>(time);
    const year_month_day date{sys_days(day)};
    const hh_mm_ss clock(time - day);
    char text[96];  // more than seven numbers of any size need
    std::snprintf(
        text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
}

std::optional<std::int64_t> parseDateTime(std::string_view text) {
    Reader reader(text);
    const year year_{reader.number(4)};
    reader.oneOf("-");
    const month month_{static_cast<unsigned>(reader.number(2))};
    reader.oneOf("-");
    const day day_{static_cast<unsigned>(reader.number(2))};
    reader.oneOf("t");
    const int hour = reader.number(2);
    reader.oneOf(":");
    const int minute = reader.number(2);
    reader.oneOf(":");
    const int second = reader.number(2);
    reader.skipFraction();
    const int offset = readOffset(reader);
    const year_month_day date{year_, month_, day_};
    if (!reader.hasReadAll() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    const seconds time = sys_days(date).time_since_epoch() + hours(hour) +
                         minutes(minute - offset) + seconds(std::min(second, 59));
    return time.count();
}

}  // namespace private_image
