// Readings: how long a mark is relied on, how long a derivative is served, and which of two
// readings counts.
#include "image_state/origin_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

namespace private_image {
namespace {

constexpr Milliseconds start = 1'700'000'000'000;
constexpr Milliseconds second = 1000;
constexpr Milliseconds markValid = 600 * second;

// ---- revision ----

TEST(Revision, IsBothValidatorsTogether) {
    const Revision known = revisionOf("\"a\"", 1000);
    EXPECT_TRUE(isSameRevision(known, revisionOf("\"a\"", 1000)));
    EXPECT_FALSE(isSameRevision(known, revisionOf("\"b\"", 1000)));
    EXPECT_FALSE(isSameRevision(known, revisionOf("\"a\"", 1001)));
    EXPECT_FALSE(isSameRevision(known, revisionOf("\"a\"", -1)));
    EXPECT_FALSE(isSameRevision(known, revisionOf("", 1000)));
    EXPECT_TRUE(isSameRevision(revisionOf("", 0), revisionOf("", 0)));
    EXPECT_TRUE(isSameRevision(revisionOf("\"a\"", -1), revisionOf("\"a\"", -1)));
}

TEST(Revision, WithNeitherNothingIsTheSame) {
    const Revision unknown = revisionOf("", -1);
    EXPECT_FALSE(unknown.isKnown());
    EXPECT_FALSE(isSameRevision(unknown, unknown));
    EXPECT_FALSE(isSameRevision(unknown, revisionOf("\"a\"", 1000)));
    EXPECT_TRUE(revisionOf("\"\"", -1).isKnown());
    EXPECT_TRUE(revisionOf("", 0).isKnown());
    EXPECT_FALSE(revisionOf("", -7).isKnown());
}

TEST(Revision, AWeakEtagIsThatOfTheSameRevision) {
    EXPECT_TRUE(isSameRevision(revisionOf("W/\"a\"", -1), revisionOf("\"a\"", -1)));
    EXPECT_FALSE(isSameRevision(revisionOf("w/\"a\"", -1), revisionOf("\"a\"", -1)));
    EXPECT_FALSE(revisionOf("W/", -1).isKnown());
}

// ---- lifetime ----

struct LifetimeCase {
    const char* cacheControl;
    std::optional<std::int64_t> expires;
    std::int64_t age;
    LifetimePolicy policy;
    std::int64_t lifetime;
    std::uint32_t staleIfError, staleWhileRevalidate;
};

constexpr std::int64_t year = 31'536'000;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::optional<std::int64_t> none;
constexpr LifetimePolicy plain{3600, 0};
constexpr LifetimePolicy stale{3600, 100};

const LifetimeCase lifetimeCases[] = {
    // The operator's word where the origin is silent; whatever caches before us used is not of it.
    {"", none, 0, plain, 3600, 0, 0},
    {"", none, 500, plain, 3600, 0, 0},
    {"public", none, 0, {0, 0}, 0, 0, 0},
    {"", none, 0, {-5, -5}, 0, 0, 0},
    {"", none, 0, {315'360'000, 315'360'000}, 315'360'000, 315'360'000, 315'360'000},
    // The origin's.
    {"max-age=60", none, 0, plain, 60, 0, 0},
    {"max-age=0", none, 0, plain, 0, 0, 0},
    {"max-age=99999999999999", none, 0, plain, year, 0, 0},
    {"s-maxage=30, max-age=60", none, 0, plain, 30, 0, 0},
    {"s-maxage=90, max-age=60", none, 0, plain, 90, 0, 0},
    {"s-maxage=0, max-age=60", none, 0, plain, 0, 0, 0},
    {"", 50, 0, plain, 50, 0, 0},
    {"", -1, 0, plain, 0, 0, 0},
    {"max-age=60", 5, 0, plain, 60, 0, 0},
    // Less what was used of it.
    {"max-age=60", none, 20, plain, 40, 0, 0},
    {"max-age=60", none, 60, plain, 0, 0, 0},
    {"max-age=60", none, 61, plain, 0, 0, 0},
    {"max-age=60", none, most, plain, 0, 0, 0},
    {"max-age=60", none, -20, plain, 60, 0, 0},
    {"max-age=60", none, std::numeric_limits<std::int64_t>::min(), plain, 60, 0, 0},
    {"s-maxage=30, max-age=60", none, 20, plain, 10, 0, 0},
    // Staleness: the operator's, unless the origin says otherwise.
    {"", none, 0, stale, 3600, 100, 100},
    {"max-age=60", none, 0, stale, 60, 100, 100},
    {"max-age=60, stale-if-error=5", none, 0, stale, 60, 5, 100},
    {"max-age=60, stale-while-revalidate=5", none, 0, stale, 60, 100, 5},
    {"max-age=60, stale-if-error=500, stale-while-revalidate=0", none, 0, stale, 60, 500, 0},
    {"max-age=60, stale-if-error=7, stale-while-revalidate=9", none, 0, plain, 60, 7, 9},
    {"s-maxage=60", none, 0, stale, 60, 100, 100},
    {"", none, 0, {3600, most}, 3600, 4'294'967'295, 4'294'967'295},
    // Forbidden.
    {"max-age=60, must-revalidate", none, 0, stale, 60, 0, 0},
    {"max-age=60, proxy-revalidate, stale-if-error=50", none, 0, stale, 60, 0, 0},
    {"must-revalidate", none, 0, stale, 3600, 0, 0},
    {"no-cache", none, 0, stale, 0, 0, 0},
    {"no-cache, max-age=60, stale-if-error=50", none, 0, stale, 0, 0, 0},
    {"no-store", none, 0, stale, 0, 0, 0},
    {"private, max-age=60, s-maxage=60", none, 0, stale, 0, 0, 0},
};

TEST(Lifetime, IsTheOriginsOrElseTheOperators) {
    for (const LifetimeCase& known : lifetimeCases) {
        OriginState state;
        state.observedAt = start;
        state.freshUntil = 1;  // whatever was there before
        state.staleIfError = state.staleWhileRevalidate = 77;
        setLifetime(state, readOriginLifetime(known.cacheControl, known.expires), known.age,
                    known.policy.fallback);
        const auto window = [&](std::uint32_t seconds) {
            return seconds == OriginState::operatorDefault
                       ? std::clamp<std::int64_t>(known.policy.useStale, 0, 4'294'967'295)
                       : std::int64_t{seconds};
        };
        EXPECT_EQ(state.freshUntil - start, known.lifetime * second) << known.cacheControl;
        EXPECT_EQ(window(state.staleIfError), known.staleIfError) << known.cacheControl;
        EXPECT_EQ(window(state.staleWhileRevalidate), known.staleWhileRevalidate)
            << known.cacheControl;
    }
}

TEST(Lifetime, SomeAnswersMayNotBeKept) {
    for (const char* value : {"no-store", "no-cache", "private", "max-age=60, private"}) {
        EXPECT_FALSE(mayBeKept(readOriginLifetime(value, none))) << value;
    }
    for (const char* value : {"", "public", "max-age=0", "must-revalidate", "s-maxage=0"}) {
        EXPECT_TRUE(mayBeKept(readOriginLifetime(value, none))) << value;
    }
}

// ---- reliability and freshness ----

// Read at `start`, fresh for 60 s, then 10 s stale on errors and 5 s while a refresh runs.
OriginState defaultReading() {
    OriginState state;
    state.mark = Mark::publicImage;
    state.observedAt = start;
    state.freshUntil = start + 60 * second;
    state.staleIfError = 10;
    state.staleWhileRevalidate = 5;
    return state;
}

TEST(Mark, IsReliableForAsLongAsTheOperatorSays) {
    const OriginState state = defaultReading();
    EXPECT_TRUE(isMarkReliable(state, start, markValid));
    EXPECT_TRUE(isMarkReliable(state, start + markValid, markValid));
    EXPECT_FALSE(isMarkReliable(state, start + markValid + 1, markValid));
    EXPECT_FALSE(isMarkReliable(state, start, 0));
    EXPECT_FALSE(isMarkReliable(state, start + 1, 0));
}

TEST(Mark, OfAReadingThatWasNeverReadIsNotReliable) {
    EXPECT_FALSE(isMarkReliable(OriginState{}, start, markValid));
    EXPECT_FALSE(isFresh(OriginState{}, start));
    EXPECT_FALSE(isUsableOnError(OriginState{}, start, 0));
}

TEST(Freshness, EndsThenStalenessEnds) {
    const OriginState state = defaultReading();
    const struct {
        Milliseconds after;
        bool fresh, whileRefreshing, onError;
    } moments[] = {
        {0, true, true, true},
        {60 * second - 1, true, true, true},
        {60 * second, false, true, true},
        {65 * second - 1, false, true, true},
        {65 * second, false, false, true},
        {70 * second - 1, false, false, true},
        {70 * second, false, false, false},
    };
    for (const auto& moment : moments) {
        const Milliseconds now = start + moment.after;
        EXPECT_EQ(isFresh(state, now), moment.fresh) << moment.after;
        EXPECT_EQ(isUsableWhileRefreshing(state, now, 0), moment.whileRefreshing) << moment.after;
        EXPECT_EQ(isUsableOnError(state, now, 0), moment.onError) << moment.after;
    }
}

TEST(Freshness, OfZeroSecondsIsNone) {
    OriginState state;
    state.observedAt = start;
    setLifetime(state, readOriginLifetime("max-age=0", none), 0, plain.fallback);
    EXPECT_FALSE(isFresh(state, start));
    EXPECT_FALSE(isUsableOnError(state, start, 0));
    EXPECT_FALSE(isUsableWhileRefreshing(state, start, 0));
}

TEST(Freshness, TheLongestWindowsDoNotOverflow) {
    OriginState state = defaultReading();
    state.staleIfError = OriginState::operatorDefault - 1;
    EXPECT_TRUE(isUsableOnError(state, start + 4'294'967'000 * second, 0));
    state.staleIfError = OriginState::operatorDefault;
    EXPECT_TRUE(isUsableOnError(state, start + 300'000'000 * second, 315'360'000));
}

TEST(Freshness, TheConfiguredWindowIsThatOfTheRequestingLocation) {
    OriginState state = defaultReading();
    state.staleIfError = state.staleWhileRevalidate = OriginState::operatorDefault;
    const Milliseconds now = start + 62 * second;
    EXPECT_FALSE(isUsableOnError(state, now, 0));
    EXPECT_TRUE(isUsableOnError(state, now, 5));
    EXPECT_FALSE(isUsableWhileRefreshing(state, now, 1));
    EXPECT_TRUE(isUsableWhileRefreshing(state, now, 5));
}

TEST(OriginState, FromTheFutureIsNotUsed) {
    const OriginState state = defaultReading();
    for (const Milliseconds back : {1001 * Milliseconds{1}, 3600 * second, start}) {
        const Milliseconds now = start - back;
        EXPECT_FALSE(isMarkReliable(state, now, markValid)) << back;
        EXPECT_FALSE(isFresh(state, now)) << back;
        EXPECT_FALSE(isUsableWhileRefreshing(state, now, 0)) << back;
        EXPECT_FALSE(isUsableOnError(state, now, 0)) << back;
    }
}

TEST(OriginState, ByAWorkerWhoseClockIsALittleAheadCounts) {
    const OriginState state = defaultReading();
    EXPECT_TRUE(isMarkReliable(state, start - 1000, 1));
    EXPECT_TRUE(isFresh(state, start - 1000));
}

// ---- two readings of one image ----

constexpr auto silent = Mark::unknown;
constexpr auto open = Mark::publicImage;
constexpr auto closed = Mark::privateImage;

OriginState stateAfter(Mark mark, Revision revision, Milliseconds observedAt) {
    OriginState state;
    state.mark = mark;
    state.revision = revision;
    state.observedAt = observedAt;
    state.freshUntil = observedAt + 60 * second;
    return state;
}

TEST(Joined, TheNewerCountsButPrivateStaysWithTheRevision) {
    const Revision one = revisionOf("\"1\"", 1000), two = revisionOf("\"2\"", 1000), unknown;
    const struct {
        Mark earlier;
        Revision earlierRevision;
        Mark later;
        Revision laterRevision;
        Mark joined;
    } cases[] = {
        {silent, one, silent, one, silent}, {silent, one, open, one, open},
        {silent, one, closed, one, closed}, {open, one, silent, one, silent},
        {open, one, open, one, open},       {open, one, closed, one, closed},
        {closed, one, silent, one, closed}, {closed, one, open, one, closed},
        {closed, one, closed, one, closed}, {closed, one, silent, two, silent},
        {closed, one, open, two, open},     {open, one, closed, two, closed},
        {closed, one, open, unknown, open}, {closed, unknown, open, unknown, open},
        {closed, unknown, open, one, open}, {open, unknown, closed, unknown, closed},
    };
    for (const auto& known : cases) {
        const OriginState earlier = stateAfter(known.earlier, known.earlierRevision, start);
        const OriginState later = stateAfter(known.later, known.laterRevision, start + 1);
        for (const OriginState& result :
             {mergeStates(earlier, later), mergeStates(later, earlier)}) {
            const auto row = &known - cases;
            EXPECT_EQ(result.mark, known.joined) << row;
            EXPECT_EQ(result.revision, known.laterRevision) << row;
            EXPECT_EQ(result.observedAt, later.observedAt) << row;
            EXPECT_EQ(result.freshUntil, later.freshUntil) << row;
        }
    }
}

TEST(Joined, InTheSameMillisecondPrivateWins) {
    const Revision one = revisionOf("\"1\"", -1), two = revisionOf("\"2\"", -1);
    for (const Mark other : {silent, open, closed}) {
        const OriginState marked = stateAfter(closed, one, start),
                          plainOne = stateAfter(other, two, start);
        EXPECT_EQ(mergeStates(marked, plainOne).mark, closed);
        EXPECT_EQ(mergeStates(plainOne, marked).mark, closed);
        EXPECT_EQ(mergeStates(marked, plainOne).revision, two);
    }
    EXPECT_EQ(mergeStates(stateAfter(silent, one, start), stateAfter(open, one, start)).mark, open);
}

TEST(Joined, PrivateStaysHoweverOftenItIsReadAgain) {
    const Revision one = revisionOf("\"1\"", -1);
    OriginState known = stateAfter(closed, one, start);
    for (int i = 1; i < 10; ++i) {
        known =
            mergeStates(known, stateAfter(i % 2 != 0 ? open : silent, one, start + i * markValid));
        EXPECT_EQ(known.mark, closed);
        EXPECT_EQ(known.observedAt, start + i * markValid);
    }
    known = mergeStates(known, stateAfter(open, revisionOf("\"2\"", -1), start + 100 * markValid));
    EXPECT_EQ(known.mark, open);
}

}  // namespace
}  // namespace private_image
