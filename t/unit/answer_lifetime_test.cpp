// The lifetime of an answer: what the operator writes, what the origin sends, and what its sources
// have left.
#include "access/answer_lifetime.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace private_image {
namespace {

using Seconds = std::optional<std::int64_t>;

CachingHeaders headers(std::string_view cacheControl, Seconds expires = {}) {
    CachingHeaders headers;
    headers.cacheControl = cacheControl;
    headers.expires = expires;
    return headers;
}

DerivativeLifetime derivative(std::string_view cacheControl, Seconds expires = {},
                              Seconds maxRemaining = {}) {
    DerivativeLifetime lifetime;
    lifetime.cacheControl = cacheControl;
    lifetime.expires = expires;
    lifetime.maxRemaining = maxRemaining;
    return lifetime;
}

struct Row {
    const char* name;
    CachingHeaders written;
    bool isReplaced;
    DerivativeLifetime derivative;
    Seconds maxAge, sharedMaxAge;
};

const Row rows[] = {
    {"silent", headers(""), false, derivative(""), {}, {}},
    {"origin alone", headers(""), false, derivative("max-age=60"), 60, {}},
    {"origin's Expires", headers(""), false, derivative("", 50), 50, {}},
    {"sources have less left", headers(""), false, derivative("max-age=60", {}, 20), 20, {}},
    {"sources have more left", headers(""), false, derivative("max-age=60", {}, 200), 60, {}},
    {"silent, sources limit", headers(""), false, derivative("", {}, 20), 20, {}},
    {"shared limit", headers(""), false, derivative("s-maxage=60", {}, 20), {}, 20},
    {"both limits", headers(""), false, derivative("max-age=9, s-maxage=60", {}, 20), 9, 20},
    {"nothing left", headers(""), false, derivative("max-age=60", {}, 0), 0, {}},
    {"operator adds less", headers("max-age=10"), false, derivative("max-age=60"), 10, {}},
    {"operator adds more", headers("max-age=90"), false, derivative("max-age=60"), 60, {}},
    {"operator replaces", headers("max-age=90"), true, derivative("max-age=60"), 90, {}},
    {"operator's Expires", headers("", 90), true, derivative("max-age=60"), 90, {}},
    {"operator's words are not limited",
     headers("max-age=90"),
     true,
     derivative("max-age=60", {}, 20),
     90,
     {}},
};

TEST(AnswerLifetime, OfADerivative) {
    for (const Row& row : rows) {
        const OriginLifetime lifetime =
            derivativeLifetime(row.written, row.isReplaced, row.derivative);
        EXPECT_EQ(lifetime.maxAge, row.maxAge) << row.name;
        EXPECT_EQ(lifetime.sharedMaxAge, row.sharedMaxAge) << row.name;
    }
}

TEST(AnswerLifetime, NoDirectiveOfTheOperatorRemovesWhatTheOriginDemands) {
    const CachingHeaders replaced = headers("max-age=5");
    const OriginLifetime ofDerivative =
        derivativeLifetime(replaced, true, derivative("no-transform, immutable"));
    EXPECT_TRUE(ofDerivative.noTransform && ofDerivative.immutable);
    const OriginLifetime sent = readOriginLifetime("no-transform, immutable", {});
    const OriginLifetime ofOriginal = originalLifetime(replaced, sent);
    EXPECT_TRUE(ofOriginal.noTransform && ofOriginal.immutable);
    EXPECT_EQ(ofOriginal.maxAge, 5);
    EXPECT_FALSE(originalLifetime(replaced, {}).noTransform);
}

TEST(AnswerLifetime, RestrictionsOfTheOriginAreKeptWithAddedHeaders) {
    EXPECT_TRUE(derivativeLifetime(headers("max-age=5"), false, derivative("no-store")).noStore);
    EXPECT_TRUE(derivativeLifetime(headers(""), false, derivative("private")).privateOnly);
}

TEST(AnswerLifetime, FallbackIsNoLongerThanTheCacheKeepsIt) {
    EXPECT_EQ(derivativeFallback(3600, {}), 3600);
    EXPECT_EQ(derivativeFallback(3600, 60), 60);
    EXPECT_EQ(derivativeFallback(60, 3600), 60);
    EXPECT_EQ(derivativeFallback(60, 0), 0);
    EXPECT_EQ(derivativeFallback(60, -5), 0);
}

TEST(AnswerLifetime, StricterOfTwoLimits) {
    EXPECT_EQ(stricter({}, {}), Seconds());
    EXPECT_EQ(stricter(5, {}), 5);
    EXPECT_EQ(stricter({}, 5), 5);
    EXPECT_EQ(stricter(7, 5), 5);
    EXPECT_EQ(stricter(5, 7), 5);
}

}  // namespace
}  // namespace private_image
