// The words and numbers that Cloudflare's options accept.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "dialect/cloudflare/values.hpp"

namespace private_image::cloudflare {
namespace {

TEST(CloudflareValues, fitsMeanWhatIsDocumented) {
    const std::pair<const char*, Fit> fits[] = {
        {"scale-down", Fit::insideNoEnlarge},
        {"contain", Fit::inside},
        {"scale-up", Fit::insideNoShrink},
        {"cover", Fit::cover},
        {"crop", Fit::coverNoEnlarge},
        {"aspect-crop", Fit::coverRatio},
        {"squeeze", Fit::stretch},
        {"pad", Fit::pad},
    };
    for (const auto& [name, fit] : fits) {
        EXPECT_EQ(parseFit(name), fit) << name;
    }
    EXPECT_EQ(parseFit("outside"), std::nullopt);
    EXPECT_EQ(parseFit(""), std::nullopt);
}

TEST(CloudflareValues, gravitiesMeanWhatIsDocumented) {
    const std::pair<const char*, Gravity> gravities[] = {
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"auto", {Gravity::Kind::attention}},
        {"face", {Gravity::Kind::attention}},
        {"0x0", {Gravity::Kind::point, 0, 0}},
        {"0x1", {Gravity::Kind::point, 0, 1}},
        {"0.5x0.33", {Gravity::Kind::point, 0.5, 0.33}},
    };
    for (const auto& [name, gravity] : gravities) {
        EXPECT_EQ(parseGravity(name), gravity) << name;
    }
}

TEST(CloudflareValues, qualitiesAreNumbersOrWords) {
    const std::pair<const char*, int> qualities[] = {
        {"1", 1},           {"85", 85}, {"100", 100}, {"high", 90}, {"medium-high", 80},
        {"medium-low", 65}, {"low", 50}};
    for (const auto& [name, quality] : qualities) {
        EXPECT_EQ(parseQuality(name), quality) << name;
    }
    for (const auto* name : {"", "0", "101", "356", "-1", "8.5", "High", "medium"}) {
        EXPECT_EQ(parseQuality(name), std::nullopt) << name;
    }
}

TEST(CloudflareValues, someZerosAreIgnored) {
    EXPECT_EQ(parseFactor("0"), 1);
    EXPECT_EQ(parseFactor("0.5"), 0.5);
    EXPECT_EQ(parseGamma("0.0"), 1);
    EXPECT_EQ(parseGamma("0.005"), std::nullopt);
    EXPECT_EQ(parseSaturation("0"), 0);
}

TEST(CloudflareValues, numbersAreBounded) {
    EXPECT_EQ(numberUpTo("10", 10), 10);
    EXPECT_EQ(numberUpTo("10.1", 10), std::nullopt);
    EXPECT_EQ(wholeNumberUpTo("4294967295", std::numeric_limits<std::uint32_t>::max()),
              4294967295u);
    EXPECT_EQ(wholeNumberUpTo("4294967296", std::numeric_limits<std::uint32_t>::max()),
              std::nullopt);
    EXPECT_EQ(parseFactor("100.1"), std::nullopt);
    EXPECT_EQ(parseSaturation("1e1"), std::nullopt);
    EXPECT_EQ(parseSide("0"), std::nullopt);
    EXPECT_EQ(parseSide("65536"), std::nullopt);
}

TEST(CloudflareValues, onlyAWidthIsAutomatic) {
    EXPECT_EQ(parseWidth("auto"), (Length{Length::Unit::automatic, 0, {}}));
    EXPECT_EQ(parseWidth("7"), parseSide("7"));
    EXPECT_EQ(parseSide("auto"), std::nullopt);
}

TEST(CloudflareValues, aPointDistinguishesFractionsFromPixels) {
    EXPECT_EQ(parseTrimLength("1"), (Length{Length::Unit::pixels, 1, {}}));
    EXPECT_EQ(parseTrimLength("1.0"), (Length{Length::Unit::fraction, 1, {}}));
    EXPECT_EQ(parseTrimLength("0"), Length{});
    EXPECT_EQ(parseTrimLength(".0"), Length{});
    EXPECT_EQ(parseTrimLength("1."), std::nullopt);
    EXPECT_EQ(parseTrimLength("1.5"), std::nullopt);
}

}  // namespace
}  // namespace private_image::cloudflare
