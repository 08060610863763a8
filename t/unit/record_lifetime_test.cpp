// What a record says of its lifetime, made of the headers of one original or of several.
#include "image_state/record_lifetime.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace private_image {
namespace {

using Seconds = std::optional<std::int64_t>;

CachingHeaders headers(std::string_view cacheControl, Seconds expires = {}, Seconds accel = {}) {
    CachingHeaders headers;
    headers.cacheControl = cacheControl;
    headers.expires = expires;
    headers.accelExpires = accel;
    return headers;
}

const IgnoredHeaders nothingIgnored;

std::vector<OriginalLifetime> originals(const std::vector<CachingHeaders>& all) {
    std::vector<OriginalLifetime> lifetimes;
    for (const CachingHeaders& one : all) {
        lifetimes.push_back({one, nothingIgnored, 0});
    }
    return lifetimes;
}

struct CombinedRow {
    std::vector<CachingHeaders> originals;
    std::string_view combined;
};

const CombinedRow combinations[] = {
    {{headers("")}, ""},
    {{headers("max-age=5")}, "max-age=5"},
    {{headers("", 7)}, ""},  // the record has Expires itself
    {{headers("max-age=5"), headers("max-age=9")}, "max-age=5, max-age=9"},
    {{headers(""), headers("no-store")}, "no-store"},
    {{headers("public"), headers("")}, "public"},
    {{headers("", 7), headers("max-age=9")}, "max-age=7, max-age=9"},
    {{headers("max-age=9"), headers("public", 7)}, "max-age=9, public, max-age=7"},
    {{headers("max-age=9", 7), headers("")}, "max-age=9"},
    {{headers("", -5), headers("")}, "max-age=0"},
    {{headers("a"), headers("b"), headers("c")}, "a, b, c"},
};

TEST(RecordLifetime, CombinesTheHeadersOfAllOriginals) {
    for (const CombinedRow& row : combinations) {
        EXPECT_EQ(combinedCacheControl(originals(row.originals)), row.combined);
    }
}

TEST(RecordLifetime, EveryOriginalHasToAllowStoring) {
    EXPECT_TRUE(mayBeStored(originals({headers("")})));
    EXPECT_TRUE(mayBeStored(originals({headers("max-age=5"), headers("")})));
    for (const std::string_view forbidding : {"no-store", "no-cache", "private"}) {
        EXPECT_FALSE(mayBeStored(originals({headers(forbidding)}))) << forbidding;
        EXPECT_FALSE(mayBeStored(originals({headers(""), headers(forbidding)}))) << forbidding;
        EXPECT_FALSE(mayBeStored(originals({headers(forbidding), headers("")}))) << forbidding;
    }
    EXPECT_FALSE(mayBeStored(originals({headers("max-age=5", {}, 0)})));
}

TEST(RecordLifetime, IgnoredHeadersDoNotForbidStoring) {
    const CachingHeaders forbidding = headers("no-store");
    IgnoredHeaders ignored;
    ignored.cacheControl = true;
    const OriginalLifetime original{forbidding, ignored, 0};
    EXPECT_TRUE(mayBeStored({&original, 1}));
}

TEST(RecordLifetime, FillsARecord) {
    EntryRecord record;
    const CachingHeaders one = headers("", 7, 9);
    const OriginalLifetime alone{one, nothingIgnored, 11};
    fillLifetime(record, {&alone, 1});
    EXPECT_EQ(record.expires, 7);
    EXPECT_EQ(record.accelExpires, 9);
    EXPECT_EQ(record.age, 11);
    EXPECT_TRUE(record.hasOwnLifetime);
    fillLifetime(record, originals({headers("", 7), headers("", 5)}));
    EXPECT_EQ(record.expires, Seconds());  // it is in the combined Cache-Control
    EXPECT_FALSE(record.hasOwnLifetime);
    fillLifetime(record, originals({headers("", 7), headers("", 5, 3)}));
    EXPECT_TRUE(record.hasOwnLifetime);
}

struct RenewalRow {
    CachingHeaders confirmation;
    std::string_view cacheControl;
    Seconds expires, accelExpires;
};

// The record had max-age=60, Expires in 50 and X-Accel-Expires of 40 seconds.
const RenewalRow renewals[] = {
    {headers(""), "max-age=60", 50, 40},
    {headers("max-age=5"), "max-age=5", {}, {}},
    {headers("", 7), "", 7, {}},
    {headers("", {}, 9), "max-age=60", 50, 9},
    {headers("max-age=5", 7, 9), "max-age=5", 7, 9},
};

TEST(RecordLifetime, ConfirmationReplacesWhatItNames) {
    for (const RenewalRow& row : renewals) {
        EntryRecord record;
        record.cacheControl = "max-age=60";
        record.expires = 50;
        record.accelExpires = 40;
        record.age = 30;
        renewLifetime(record, {row.confirmation, nothingIgnored, 2});
        EXPECT_EQ(record.cacheControl, row.cacheControl);
        EXPECT_EQ(record.expires, row.expires);
        EXPECT_EQ(record.accelExpires, row.accelExpires);
        EXPECT_EQ(record.age, 2);
    }
}

TEST(RecordLifetime, RemainingTimeOfASourceReadSince) {
    OriginState recorded, known;
    recorded.observedAt = known.observedAt = 1000;
    known.freshUntil = 5001;
    EXPECT_EQ(remainingOf(known, recorded, false), Seconds());
    EXPECT_EQ(remainingOf(known, recorded, true), 5);  // whole seconds, rounded up
    known.observedAt = 2000;
    EXPECT_EQ(remainingOf(known, recorded, false), 4);
    known.freshUntil = 2000;
    EXPECT_EQ(remainingOf(known, recorded, false), 0);
}

TEST(RecordLifetime, AgeCountsTheTimeInThisCache) {
    EntryRecord record;
    record.age = 10;
    EXPECT_EQ(ageOf(record, {}, 9'000), 10);
    EXPECT_EQ(ageOf(record, 4'000, 9'000), 15);
    EXPECT_EQ(ageOf(record, 4'001, 9'000), 14);
    EXPECT_EQ(ageOf(record, 12'000, 9'000), 10);  // a clock was set back
}

}  // namespace
}  // namespace private_image
