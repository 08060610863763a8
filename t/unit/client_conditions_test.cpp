// Which conditions of a client reach the origin of an original: every combination of what is known,
// what is sent and the signature.
#include "access/client_conditions.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace private_image {
namespace {

constexpr Milliseconds now = 1'700'000'000'000;
constexpr std::int64_t modified = 1'445'412'480;
constexpr std::uint32_t policy = 7;

OriginState known(std::string_view etag, std::int64_t lastModified = -1) {
    OriginState state;
    state.mark = Mark::publicImage;
    state.policyDigest = policy;
    state.revision = revisionOf(etag, lastModified);
    state.observedAt = now - 1000;
    return state;
}

ClientConditions ifNoneMatch(std::string_view value) {
    ClientConditions conditions;
    conditions.ifNoneMatch = value;
    return conditions;
}

ClientConditions ifModifiedSince(std::int64_t seconds) {
    ClientConditions conditions;
    conditions.ifModifiedSince = seconds;
    return conditions;
}

RequestAccess accessWith(Signature signature) {
    RequestAccess access;
    access.signature.signature = signature;
    access.policyDigest = policy;
    access.markValid = 60'000;
    access.arrivedAt = now - 5;
    return access;
}

TEST(ClientConditions, ConfirmOnlyTheRevisionThatIsKnown) {
    const OriginState state = known("\"a\"", modified);
    EXPECT_TRUE(confirmsOnlyKnown(ifNoneMatch("\"a\""), &state, policy));
    EXPECT_TRUE(confirmsOnlyKnown(ifNoneMatch("W/\"a\""), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"b\""), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"a\", \"b\""), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("*"), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch(""), &state, policy));
    EXPECT_TRUE(confirmsOnlyKnown(ifModifiedSince(modified), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifModifiedSince(modified + 1), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifModifiedSince(modified - 1), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifModifiedSince(-1), &state, policy));
    EXPECT_FALSE(confirmsOnlyKnown({}, &state, policy));
}

TEST(ClientConditions, IfNoneMatchOverridesIfModifiedSince) {
    const OriginState state = known("\"a\"", modified);
    ClientConditions both = ifModifiedSince(modified);
    both.ifNoneMatch = "\"b\"";
    EXPECT_FALSE(confirmsOnlyKnown(both, &state, policy));
    both.ifNoneMatch = "\"a\"";
    both.ifModifiedSince = modified + 1;
    EXPECT_TRUE(confirmsOnlyKnown(both, &state, policy));
}

TEST(ClientConditions, ConfirmNothingWithoutARevisionOfThisPolicy) {
    const OriginState nothing = known(""), tagOnly = known("\"a\""), dateOnly = known("", modified);
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"a\""), nullptr, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"a\""), &nothing, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"a\""), &tagOnly, policy + 1));
    EXPECT_FALSE(confirmsOnlyKnown(ifNoneMatch("\"a\""), &dateOnly, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifModifiedSince(modified), &tagOnly, policy));
    EXPECT_FALSE(confirmsOnlyKnown(ifModifiedSince(-1), &tagOnly, policy));
}

struct Row {
    const char* name;
    Signature signature;
    bool isKnown;
    ClientConditions conditions;
    bool mayPass;
};

ClientConditions failing(bool match) {
    ClientConditions conditions;
    conditions.hasIfMatch = match;
    conditions.hasIfUnmodifiedSince = !match;
    return conditions;
}

const Row rows[] = {
    {"nothing sent, known", Signature::none, true, {}, true},
    {"nothing sent, unknown", Signature::none, false, {}, false},
    {"confirms", Signature::none, true, ifNoneMatch("\"a\""), true},
    {"confirms, unknown", Signature::none, false, ifNoneMatch("\"a\""), false},
    {"another revision", Signature::none, true, ifNoneMatch("\"b\""), false},
    {"any revision", Signature::none, true, ifNoneMatch("*"), false},
    {"another date", Signature::none, true, ifModifiedSince(modified), false},
    {"If-Match", Signature::none, true, failing(true), false},
    {"If-Unmodified-Since", Signature::none, true, failing(false), false},
    {"bad signature", Signature::bad, true, ifNoneMatch("\"b\""), false},
    {"expired signature", Signature::expired, true, failing(true), false},
    {"signed, another revision", Signature::valid, true, ifNoneMatch("\"b\""), true},
    {"signed, unknown", Signature::valid, false, ifNoneMatch("*"), true},
    {"signed, If-Match", Signature::valid, false, failing(true), true},
};

TEST(ClientConditions, PassOnlyWhereAnAnswerWithoutMarkCanBeJudged) {
    const OriginState state = known("\"a\"");
    for (const Row& row : rows) {
        const JudgedImage image{RequestKind::original, Mark::unknown,
                                row.isKnown ? &state : nullptr};
        EXPECT_EQ(mayPassConditions(row.conditions, accessWith(row.signature), image, now),
                  row.mayPass)
            << row.name;
    }
}

TEST(ClientConditions, DoNotPassByAMarkThatIsTooOld) {
    OriginState old = known("\"a\"");
    old.observedAt = now - 120'000;
    const JudgedImage image{RequestKind::original, Mark::unknown, &old};
    EXPECT_FALSE(mayPassConditions(ifNoneMatch("\"a\""), accessWith(Signature::none), image, now));
}

}  // namespace
}  // namespace private_image
