// Valid and invalid times on a command line.
#include <gtest/gtest.h>

#include "tools/times.hpp"

namespace private_image::tools {
namespace {

constexpr std::int64_t max = 3650LL * 86'400;

TEST(Duration, IsReadAsNginxReadsTimes) {
    EXPECT_EQ(parseDuration("0", max), 0);
    EXPECT_EQ(parseDuration("90", max), 90);
    EXPECT_EQ(parseDuration("90s", max), 90);
    EXPECT_EQ(parseDuration("1h30m", max), 5400);
    EXPECT_EQ(parseDuration("1h30", max), 3630);
    EXPECT_EQ(parseDuration("1y1M1w1d1h1m1s", max), (365 + 30 + 7 + 1) * 86'400 + 3661);
    EXPECT_EQ(parseDuration("3650d", max), max);
}

TEST(Duration, IsRefusedIfInvalid) {
    for (const char* text : {"", " ", "-1", "+1", "h", "1x", "1m1h", "1s1", "1h1h", "1.5h", "1 h",
                             "3651d", "3650d1s", "99999999999999999999", "9223372036854775807y"}) {
        EXPECT_EQ(parseDuration(text, max), std::nullopt) << text;
    }
}

TEST(Instant, IsUnixSecondsOrUtc) {
    EXPECT_EQ(parseInstant("0"), 0);
    EXPECT_EQ(parseInstant("1893456000"), 1893456000);
    EXPECT_EQ(parseInstant("2030-01-01"), 1893456000);
    EXPECT_EQ(parseInstant("2030-01-01T00:00:00Z"), 1893456000);
    EXPECT_EQ(parseInstant("2028-02-29T23:59:59Z"), 1835481599);
    EXPECT_EQ(parseInstant("999999999999"), 999'999'999'999);
}

TEST(Instant, IsRefusedIfInvalid) {
    for (const char* text : {"",
                             "-1",
                             "1e9",
                             "1000000000000",
                             "0000000000001",
                             "2030-1-1",
                             "2030-13-01",
                             "2030-02-29",
                             "1969-12-31",
                             "2030-01-01T24:00:00Z",
                             "2030-01-01T00:60:00Z",
                             "2030-01-01T00:00:60Z",
                             "2030-01-01T00:00:00",
                             "2030-01-01 00:00:00Z",
                             "2030-01-01T00:00:00+01",
                             "2030-01-01T00:00:00+00:00",
                             "20300101T000000Z",
                             "2030-W01-1",
                             "2030-001",
                             "2030-01-01T00:00:00.5Z",
                             "10000-01-01"}) {
        EXPECT_EQ(parseInstant(text), std::nullopt) << text;
    }
}

TEST(Instant, IsWrittenAsItIsRead) {
    EXPECT_EQ(instantText(1893456000), "2030-01-01T00:00:00Z");
    EXPECT_EQ(instantText(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(instantText(253'402'300'799), "9999-12-31T23:59:59Z");
    EXPECT_EQ(instantText(253'402'300'800), "unix time 253402300800");
    for (const std::int64_t instant : {1LL, 951'782'400LL, 4'102'444'799LL}) {
        EXPECT_EQ(parseInstant(instantText(instant)), instant);
    }
}

TEST(Distance, IsWrittenInItsLargestUnit) {
    EXPECT_EQ(distanceText(0, 0), "in 0 seconds");
    EXPECT_EQ(distanceText(0, 1), "in 1 second");
    EXPECT_EQ(distanceText(0, 7199), "in 1 hour");
    EXPECT_EQ(distanceText(7200, 0), "2 hours ago");
    EXPECT_EQ(distanceText(0, 800 * 86'400LL), "in 2 years");
}

}  // namespace
}  // namespace private_image::tools
