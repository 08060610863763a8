// Lifetimes: parsing the Cache-Control of an origin, and writing the one for the client.
#include "access/cache_lifetime.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace private_image {
namespace {

constexpr std::int64_t year = 31536000;

OriginLifetime read(std::string_view cacheControl) {
    return readOriginLifetime(cacheControl, std::nullopt);
}

// ---- reading ----

TEST(OriginLifetime, ReadsEveryDirective) {
    const OriginLifetime all = read(
        "no-store, no-cache, private, must-revalidate, immutable, no-transform, max-age=1, "
        "s-maxage=2, stale-while-revalidate=3, stale-if-error=4");
    EXPECT_TRUE(all.noTransform);
    EXPECT_TRUE(all.noStore);
    EXPECT_TRUE(all.noCache);
    EXPECT_TRUE(all.privateOnly);
    EXPECT_TRUE(all.mustRevalidate);
    EXPECT_TRUE(all.immutable);
    EXPECT_EQ(all.maxAge, 1);
    EXPECT_EQ(all.sharedMaxAge, 2);
    EXPECT_EQ(all.staleWhileRevalidate, 3);
    EXPECT_EQ(all.staleIfError, 4);
}

TEST(OriginLifetime, EmptyValuesAndUnknownDirectivesSetNothing) {
    for (const char* value : {"", " ", ",", " , ,, ", "public", "no-transforms, x=1", "max-ages=5",
                              "xmax-age=5", "max_age=5"}) {
        const OriginLifetime nothing = read(value);
        EXPECT_FALSE(nothing.noStore || nothing.noCache || nothing.privateOnly ||
                     nothing.mustRevalidate || nothing.immutable || nothing.maxAge ||
                     nothing.sharedMaxAge || nothing.staleWhileRevalidate || nothing.staleIfError)
            << value;
    }
}

TEST(OriginLifetime, ToleratesCaseBlanksAndQuotes) {
    EXPECT_EQ(read("MAX-AGE=60").maxAge, 60);
    EXPECT_EQ(read("\t Max-Age = 60\t,\tPRIVATE ").maxAge, 60);
    EXPECT_TRUE(read("\t Max-Age = 60\t,\tPRIVATE ").privateOnly);
    EXPECT_EQ(read("max-age=\"60\"").maxAge, 60);
    EXPECT_EQ(read("max-age=\" 60 \"").maxAge, 60);
    EXPECT_EQ(read("public,max-age=60,No-Store").maxAge, 60);
    EXPECT_TRUE(read("public,max-age=60,No-Store").noStore);
    EXPECT_TRUE(read("proxy-revalidate").mustRevalidate);
}

TEST(OriginLifetime, ADirectiveThatNamesHeadersCountsForTheWholeAnswer) {
    EXPECT_TRUE(read("private=\"Set-Cookie\"").privateOnly);
    EXPECT_TRUE(read("no-cache=\"Set-Cookie, X\", max-age=5").noCache);
    EXPECT_EQ(read("no-cache=\"Set-Cookie, X\", max-age=5").maxAge, 5);
}

TEST(OriginLifetime, IgnoresQuotedDirectives) {
    EXPECT_FALSE(read("x=\"a, private, b\"").privateOnly);
    EXPECT_EQ(read("x=\"a, max-age=9, b\", max-age=60").maxAge, 60);
    EXPECT_EQ(read("x=\"\\\", max-age=9, \\\\\", max-age=60").maxAge, 60);
}

TEST(OriginLifetime, AnUnclosedQuoteHidesNoDirective) {
    const OriginLifetime lifetime = read("max-age=\"60, private");
    EXPECT_EQ(lifetime.maxAge, 0);
    EXPECT_TRUE(lifetime.privateOnly);
    EXPECT_TRUE(read("x=\"\\\", no-store").noStore);
    EXPECT_TRUE(read("\", no-store").noStore);
}

TEST(OriginLifetime, LimitsHugeNumbersToAYear) {
    EXPECT_EQ(read("max-age=31536000").maxAge, year);
    EXPECT_EQ(read("max-age=31536001").maxAge, year);
    EXPECT_EQ(read("max-age=99999999999999999999999999999999").maxAge, year);
    EXPECT_EQ(read("s-maxage=9223372036854775808").sharedMaxAge, year);
}

TEST(OriginLifetime, InvalidNumbersAreZero) {
    for (const char* value : {"max-age", "max-age=", "max-age=-1", "max-age=+1", "max-age=1.5",
                              "max-age=1e9", "max-age=0x10", "max-age=60s", "max-age=6 0",
                              "max-age=\"\"", "max-age=\"", "max-age=60;private", "max-age==60"}) {
        EXPECT_EQ(read(value).maxAge, 0) << value;
    }
}

TEST(OriginLifetime, UsesTheStrictestOfDuplicates) {
    EXPECT_EQ(read("max-age=60, max-age=30").maxAge, 30);
    EXPECT_EQ(read("max-age=30, max-age=60").maxAge, 30);
    EXPECT_EQ(read("max-age=30, max-age=x").maxAge, 0);
    EXPECT_EQ(read("s-maxage=5, S-MAXAGE=4").sharedMaxAge, 4);
    EXPECT_EQ(read("stale-if-error=5, stale-if-error=7").staleIfError, 5);
}

TEST(OriginLifetime, ExpiresCountsOnlyWithoutMaxAge) {
    EXPECT_EQ(readOriginLifetime("", 120).maxAge, 120);
    EXPECT_EQ(readOriginLifetime("public", 120).maxAge, 120);
    EXPECT_EQ(readOriginLifetime("s-maxage=5", 120).maxAge, 120);
    EXPECT_EQ(readOriginLifetime("max-age=60", 120).maxAge, 60);
    EXPECT_EQ(readOriginLifetime("max-age=x", 120).maxAge, 0);
    EXPECT_EQ(readOriginLifetime("", -1).maxAge, 0);
    EXPECT_EQ(readOriginLifetime("", 0).maxAge, 0);
    EXPECT_EQ(readOriginLifetime("", INT64_MAX).maxAge, year);
    EXPECT_EQ(readOriginLifetime("", INT64_MIN).maxAge, 0);
    EXPECT_TRUE(readOriginLifetime("private", 120).privateOnly);
}

// ---- writing ----

struct Case {
    std::string_view origin;
    LifetimeRequest request;
    std::string_view expected;
};

void expectAll(const std::vector<Case>& cases) {
    for (const Case& each : cases) {
        EXPECT_EQ(clientCacheControl(read(each.origin), each.request), each.expected)
            << "origin: \"" << each.origin << "\"";
    }
}

TEST(PublicLifetime, EqualsThatOfTheOrigin) {
    expectAll({
        {"max-age=60", {}, "public, max-age=60"},
        {"public, max-age=60", {}, "public, max-age=60"},
        {"max-age=0", {}, "public, max-age=0"},
        {"max-age=60", {.fallback = 3600}, "public, max-age=60"},
        {"max-age=0", {.fallback = 3600}, "public, max-age=0"},
        {"max-age=60", {.reason = Reason::variant}, "public, max-age=60"},
        {"s-maxage=60", {}, "public, s-maxage=60"},
        {"s-maxage=60", {.fallback = 3600}, "public, s-maxage=60"},
        {"max-age=1, s-maxage=2, must-revalidate, immutable, stale-while-revalidate=3, "
         "stale-if-error=4",
         {},
         "public, max-age=1, s-maxage=2, must-revalidate, immutable, stale-while-revalidate=3, "
         "stale-if-error=4"},
    });
}

TEST(PublicLifetime, UsesTheDefaultIfTheOriginSetsNone) {
    expectAll({
        {"", {}, ""},
        {"", {.reason = Reason::variant}, ""},
        {"", {.fallback = 3600}, "public, max-age=3600"},
        {"public", {.fallback = 3600}, "public, max-age=3600"},
        {"must-revalidate", {.fallback = 3600}, "public, max-age=3600, must-revalidate"},
        {"must-revalidate", {}, "public, must-revalidate"},
        {"", {.reason = Reason::variant, .fallback = 3600}, "public, max-age=3600"},
    });
}

TEST(PublicLifetime, KeepsTheRestrictionsOfTheOrigin) {
    expectAll({
        {"no-store", {}, "no-store"},
        {"no-store", {.fallback = 3600}, "no-store"},
        {"no-store, max-age=60, private", {.fallback = 3600}, "no-store"},
        {"no-cache", {}, "no-cache"},
        {"no-cache", {.fallback = 3600}, "no-cache"},
        {"no-cache, max-age=60", {}, "no-cache, max-age=60"},
        {"private", {}, "private"},
        {"private", {.fallback = 3600}, "private"},
        {"private, max-age=60", {.fallback = 3600}, "private, max-age=60"},
        {"private, no-cache", {}, "private, no-cache"},
        {"private, max-age=60, s-maxage=600", {}, "private, max-age=60"},
        {"private", {.reason = Reason::variant, .fallback = 3600}, "private"},
    });
}

TEST(PublicLifetime, IsPrivateAfterAuthorization) {
    const LifetimeRequest silent{.isForRequester = true};
    const LifetimeRequest withFallback{.fallback = 3600, .isForRequester = true};
    expectAll({
        {"", silent, "private"},
        {"", withFallback, "private, max-age=3600"},
        {"public, max-age=60, s-maxage=600", silent, "private, max-age=60"},
        {"s-maxage=600", withFallback, "private"},
        {"no-cache", silent, "private, no-cache"},
        {"no-store", silent, "no-store"},
        {"max-age=60, stale-if-error=9", silent, "private, max-age=60, stale-if-error=9"},
        {"max-age=60", {.isForRequester = true, .sharedCacheAllowed = true}, "private, max-age=60"},
    });
}

TEST(PublicLifetime, IsNotCutByAGrantThatWasNotNeeded) {
    expectAll({
        {"max-age=600", {.grantLeft = 10}, "public, max-age=600"},
        {"max-age=600", {.grantLeft = -10}, "public, max-age=600"},
        {"max-age=600", {.reason = Reason::variant, .grantLeft = 10}, "public, max-age=600"},
    });
}

LifetimeRequest underGrant(std::optional<std::int64_t> grantLeft,
                           std::optional<std::int64_t> fallback = std::nullopt) {
    return {.reason = Reason::signedUrl, .grantLeft = grantLeft, .fallback = fallback};
}

LifetimeRequest shared(std::optional<std::int64_t> grantLeft,
                       std::optional<std::int64_t> fallback = std::nullopt) {
    LifetimeRequest request = underGrant(grantLeft, fallback);
    request.sharedCacheAllowed = true;
    return request;
}

TEST(SignedLifetime, IsPrivateAndEndsWithTheGrant) {
    expectAll({
        {"max-age=60", underGrant(600), "private, max-age=60"},
        {"max-age=600", underGrant(600), "private, max-age=600"},
        {"max-age=6000", underGrant(600), "private, max-age=600"},
        {"max-age=0", underGrant(600), "private, max-age=0"},
        {"max-age=0", underGrant(600, 3600), "private, max-age=0"},
        {"public, max-age=60", underGrant(600), "private, max-age=60"},
        {"private, max-age=60", underGrant(600), "private, max-age=60"},
        {"max-age=6000", underGrant(1), "private, max-age=1"},
    });
}

TEST(SignedLifetime, HasAMaxAgeIfTheGrantEnds) {
    expectAll({
        {"", underGrant(600), "private, max-age=600"},
        {"", underGrant(6000), "private, max-age=3600"},
        {"", underGrant(600, 120), "private, max-age=120"},
        {"", underGrant(60, 120), "private, max-age=60"},
        {"", underGrant(6000, 7200), "private, max-age=6000"},
        {"private", underGrant(600), "private, max-age=600"},
        {"must-revalidate", underGrant(600), "private, max-age=600, must-revalidate"},
    });
}

TEST(SignedLifetime, EqualsThatOfTheOriginIfTheGrantNeverEnds) {
    expectAll({
        {"", underGrant(std::nullopt), "private"},
        {"", underGrant(std::nullopt, 120), "private, max-age=120"},
        {"max-age=60", underGrant(std::nullopt), "private, max-age=60"},
        {"max-age=60, immutable", underGrant(std::nullopt), "private, max-age=60, immutable"},
        {"must-revalidate", underGrant(std::nullopt), "private, must-revalidate"},
    });
}

TEST(SignedLifetime, IsNoStoreAfterTheGrant) {
    expectAll({
        {"max-age=60", underGrant(0), "no-store"},
        {"", underGrant(0), "no-store"},
        {"max-age=60", underGrant(-5, 3600), "no-store"},
        {"max-age=60", shared(0), "no-store"},
        {"no-cache", underGrant(INT64_MIN), "no-store"},
    });
}

TEST(SignedLifetime, KeepsTheRestrictionsOfTheOrigin) {
    expectAll({
        {"no-store", underGrant(600), "no-store"},
        {"no-store, max-age=5", shared(600), "no-store"},
        {"no-cache", underGrant(600), "private, no-cache"},
        {"no-cache", underGrant(std::nullopt, 3600), "private, no-cache"},
        {"no-cache, max-age=6000", underGrant(600), "private, no-cache, max-age=600"},
    });
}

TEST(SignedLifetime, GivesNoSharedAndStaleLifetimesByDefault) {
    expectAll({
        {"max-age=60, s-maxage=30, stale-while-revalidate=5, stale-if-error=5", underGrant(600),
         "private, max-age=60"},
        {"max-age=60, s-maxage=30, stale-while-revalidate=5, stale-if-error=5",
         underGrant(std::nullopt), "private, max-age=60"},
        {"max-age=60, immutable", underGrant(600), "private, max-age=60, immutable"},
    });
}

TEST(SignedLifetime, ASharedLifetimeAloneOnlyShortensThePresumedOne) {
    expectAll({
        {"s-maxage=30", underGrant(600), "private, max-age=30"},
        {"s-maxage=31536000", underGrant(6000), "private, max-age=3600"},
        {"s-maxage=31536000", underGrant(std::nullopt, 120), "private, max-age=120"},
        {"s-maxage=30", underGrant(std::nullopt), "private, max-age=30"},
    });
}

TEST(SignedLifetime, MayBeSharedIfConfigured) {
    expectAll({
        {"max-age=60", shared(600),
         "public, max-age=60, must-revalidate, stale-while-revalidate=0"},
        {"max-age=6000, s-maxage=9000", shared(600),
         "public, max-age=600, s-maxage=600, must-revalidate, stale-while-revalidate=0"},
        {"max-age=60, s-maxage=9000", shared(600),
         "public, max-age=60, s-maxage=600, must-revalidate, stale-while-revalidate=0"},
        {"max-age=9000, s-maxage=60", shared(600),
         "public, max-age=600, s-maxage=60, must-revalidate, stale-while-revalidate=0"},
        {"", shared(600), "public, max-age=600, must-revalidate, stale-while-revalidate=0"},
        {"", shared(std::nullopt), "public"},
        {"max-age=60, s-maxage=90, immutable, stale-if-error=9", shared(std::nullopt),
         "public, max-age=60, s-maxage=90, immutable, stale-if-error=9"},
        {"max-age=60, immutable", shared(600),
         "public, max-age=60, must-revalidate, immutable, stale-while-revalidate=0"},
        {"private, max-age=60, s-maxage=90, stale-if-error=9", shared(600), "private, max-age=60"},
    });
}

TEST(SignedLifetime, StalenessEndsWithTheGrantToo) {
    expectAll({
        {"max-age=60, stale-while-revalidate=100, stale-if-error=9000", shared(600),
         "public, max-age=60, stale-while-revalidate=100, stale-if-error=540"},
        {"max-age=60, s-maxage=500, stale-while-revalidate=9000", shared(600),
         "public, max-age=60, s-maxage=500, stale-while-revalidate=100"},
        {"max-age=6000, stale-if-error=9000", shared(600),
         "public, max-age=600, stale-while-revalidate=0, stale-if-error=0"},
        {"stale-if-error=9000", shared(6000),
         "public, max-age=3600, stale-while-revalidate=0, stale-if-error=2400"},
        {"no-cache, stale-if-error=9000", shared(600),
         "public, no-cache, stale-while-revalidate=0, stale-if-error=600"},
    });
}

TEST(SignedLifetime, IsPrivateAfterAuthorization) {
    LifetimeRequest request = shared(600);
    request.isForRequester = true;
    expectAll({{"max-age=60, s-maxage=90, stale-if-error=9", request, "private, max-age=60"}});
}

TEST(Lifetime, NoTransformIsAlwaysSentOn) {
    const LifetimeRequest silent{.isForRequester = true};
    for (const char* others : {"", "max-age=60", "public, max-age=60", "no-store", "no-cache",
                               "private", "s-maxage=5", "must-revalidate", "immutable"}) {
        for (const LifetimeRequest& request :
             {LifetimeRequest{}, LifetimeRequest{.fallback = 60},
              LifetimeRequest{.reason = Reason::variant}, silent, underGrant(600), underGrant(0),
              underGrant(std::nullopt), shared(600), shared(std::nullopt)}) {
            const std::string plain = clientCacheControl(read(others), request);
            const std::string value =
                clientCacheControl(read(std::string(others) + ", No-Transform"), request);
            const OriginLifetime lifetime = read(value);
            EXPECT_TRUE(lifetime.noTransform) << others << ": " << value;
            EXPECT_EQ(lifetime.immutable, read(others).immutable) << others << ": " << value;
            EXPECT_EQ(lifetime.noStore, read(plain).noStore) << others << ": " << value;
            EXPECT_EQ(lifetime.maxAge, read(plain).maxAge) << others << ": " << value;
        }
    }
    EXPECT_EQ(clientCacheControl(read("no-transform"), {}), "no-transform");
    EXPECT_EQ(clientCacheControl(read("no-transform"), {.reason = Reason::unsignedUrl}),
              "no-store");
}

// ---- our own cache ----

constexpr std::int64_t now = 1'700'000'000;

TEST(AccelExpires, IsSecondsOrATime) {
    EXPECT_EQ(readAccelExpires("60", now), 60);
    EXPECT_EQ(readAccelExpires("0", now), 0);
    EXPECT_EQ(readAccelExpires("99999999999", now), year);
    EXPECT_EQ(readAccelExpires("@1700000060", now), 60);
    EXPECT_EQ(readAccelExpires("@1700000000", now), -1);
    EXPECT_EQ(readAccelExpires("@0", now), -1);
    EXPECT_EQ(readAccelExpires("@9223372036854775807", now), year);
    for (const char* value : {"", "@", "-1", "+1", "1s", " 1", "@-1", "off", "@@1",
                              "9223372036854775808", "99999999999999999999"}) {
        EXPECT_EQ(readAccelExpires(value, now), std::nullopt) << value;
    }
}

struct OwnCase {
    const char* what;
    CachingHeaders headers;
    IgnoredHeaders ignored;
    bool isKept;
    std::optional<std::int64_t> maxAge;
};

const IgnoredHeaders ignoringLifetimes{.cacheControl = true, .expires = true};

TEST(LifetimeForCache, HasNginxPrecedence) {
    const std::vector<OwnCase> cases{
        {"silence", {}, {}, true, {}},
        {"Cache-Control", {.cacheControl = "max-age=60"}, {}, true, 60},
        {"Cache-Control over Expires", {.cacheControl = "max-age=60", .expires = 9}, {}, true, 60},
        {"Expires", {.expires = 9}, {}, true, 9},
        {"X-Accel-Expires over both",
         {.cacheControl = "max-age=60, s-maxage=70", .expires = 9, .accelExpires = 5},
         {},
         true,
         5},
        {"X-Accel-Expires over no-store",
         {.cacheControl = "no-store", .accelExpires = 5},
         {},
         true,
         5},
        {"X-Accel-Expires over no-cache",
         {.cacheControl = "no-cache", .accelExpires = 5},
         {},
         true,
         5},
        {"X-Accel-Expires over private",
         {.cacheControl = "private", .accelExpires = 5},
         {},
         true,
         5},
        {"X-Accel-Expires: 0", {.cacheControl = "max-age=60", .accelExpires = 0}, {}, false, 0},
        {"a time that is over", {.cacheControl = "max-age=60", .accelExpires = -1}, {}, true, 0},
        {"X-Accel-Expires is ignored",
         {.cacheControl = "max-age=60", .accelExpires = 0},
         {.accelExpires = true},
         true,
         60},
        {"Cache-Control is ignored",
         {.cacheControl = "private, no-store", .expires = 9},
         {.cacheControl = true},
         true,
         9},
        {"Expires is ignored", {.expires = 9}, {.expires = true}, true, {}},
        {"both are ignored",
         {.cacheControl = "no-store", .expires = -1},
         ignoringLifetimes,
         true,
         {}},
        {"X-Accel-Expires with both ignored",
         {.cacheControl = "no-store", .expires = 9, .accelExpires = 5},
         ignoringLifetimes,
         true,
         5},
        {"Vary: *", {.expires = 9, .variesByAll = true}, {}, false, 9},
        {"Vary is ignored", {.expires = 9, .variesByAll = true}, {.vary = true}, true, 9},
        {"another is ignored",
         {.cacheControl = "private"},
         {.expires = true, .vary = true},
         false,
         {}},
    };
    for (const OwnCase& each : cases) {
        const OriginLifetime lifetime = lifetimeForCache(each.headers, each.ignored);
        const bool isKept = !lifetime.noStore && !lifetime.noCache && !lifetime.privateOnly;
        EXPECT_EQ(isKept, each.isKept) << each.what;
        EXPECT_EQ(lifetime.maxAge, each.maxAge) << each.what;
        EXPECT_FALSE(lifetime.sharedMaxAge) << each.what;
    }
}

TEST(LifetimeForCache, KeepsTheStaleTimesWithXAccelExpires) {
    const OriginLifetime lifetime = lifetimeForCache(
        {.cacheControl = "max-age=60, stale-if-error=7, must-revalidate", .accelExpires = 5}, {});
    EXPECT_EQ(lifetime.staleIfError, 7);
    EXPECT_TRUE(lifetime.mustRevalidate);
    EXPECT_TRUE(lifetime.countsFromNow);
}

TEST(LifetimeForCache, IsOurOwnWhereClientsSeeOtherHeaders) {
    EXPECT_FALSE(hasOwnLifetime({.cacheControl = "max-age=60", .expires = 9}, {}));
    EXPECT_FALSE(hasOwnLifetime({}, ignoringLifetimes));
    EXPECT_FALSE(hasOwnLifetime({.accelExpires = 5}, {.accelExpires = true}));
    EXPECT_TRUE(hasOwnLifetime({.accelExpires = 5}, {}));
    EXPECT_TRUE(hasOwnLifetime({.cacheControl = "private"}, ignoringLifetimes));
    EXPECT_TRUE(hasOwnLifetime({.expires = 9}, ignoringLifetimes));
}

TEST(Lifetime, ARefusalIsNeverStored) {
    for (const Reason reason : {Reason::unsignedUrl, Reason::notFound, Reason::internal}) {
        EXPECT_EQ(clientCacheControl(read("max-age=60"), {.reason = reason, .fallback = 60}),
                  "no-store");
    }
}

// For every answer of the origin, a signed answer expires with its signature, and no restriction of
// the origin is loosened.
TEST(Lifetime, EveryCombinationIsRestrictedEnough) {
    const std::vector<std::optional<std::int64_t>> numbers{std::nullopt, 0, 1, 599, 600, 601, year};
    const auto number = [&](std::size_t i) { return numbers[i % numbers.size()]; };
    const std::size_t combinations = std::size_t{7} * 7 * 7 * 7 * 32;
    for (std::size_t i = 0; i < combinations; ++i) {
        OriginLifetime origin;
        origin.maxAge = number(i);
        origin.sharedMaxAge = number(i / 7);
        origin.staleWhileRevalidate = number(i / 49);
        origin.staleIfError = number(i / 343);
        const std::size_t bits = i / 2401;
        origin.noCache = bits & 1;
        origin.privateOnly = bits & 2;
        LifetimeRequest request = underGrant(600, bits & 4 ? std::optional(7200) : std::nullopt);
        request.sharedCacheAllowed = bits & 8;
        request.isForRequester = bits & 16;
        const std::string value = clientCacheControl(origin, request);
        SCOPED_TRACE(value);

        const OriginLifetime sent = read(value);
        const std::int64_t fresh = std::max(sent.maxAge.value_or(0), sent.sharedMaxAge.value_or(0));
        const std::int64_t stale =
            std::max(sent.staleWhileRevalidate.value_or(0), sent.staleIfError.value_or(0));
        ASSERT_LE(fresh + stale, 600);
        ASSERT_TRUE(sent.maxAge || sent.noCache);
        ASSERT_EQ(sent.noCache, origin.noCache);
        const bool mayBeShared =
            request.sharedCacheAllowed && !origin.privateOnly && !request.isForRequester;
        ASSERT_EQ(sent.privateOnly, !mayBeShared);
        ASSERT_EQ(value.starts_with("public"), mayBeShared);
        ASSERT_TRUE(mayBeShared || !sent.sharedMaxAge);
    }
}

}  // namespace
}  // namespace private_image
