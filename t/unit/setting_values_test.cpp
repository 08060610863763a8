#include "base/setting_values.hpp"

#include <gtest/gtest.h>

#include <array>

namespace private_image {
namespace {

TEST(SettingValues, CountsHaveUnitsOfThousandsAndStayInTheirRange) {
    constexpr Range range{1, 2'000'000'000, ""};
    const struct {
        std::string_view text;
        std::optional<std::uint64_t> count;
    } cases[] = {
        {"1", 1},
        {"007", 7},
        {"50m", 50'000'000},
        {"50M", 50'000'000},
        {"2g", 2'000'000'000},
        {"2000000000", 2'000'000'000},
        {"3k", 3'000},
        {"0", {}},
        {"0k", {}},
        {"", {}},
        {"k", {}},
        {"-1", {}},
        {"+1", {}},
        {"1.5m", {}},
        {"1 k", {}},
        {"1kk", {}},
        {"1x", {}},
        {"3g", {}},
        {"2000000001", {}},
        {"2000001k", {}},
        {"18446744073709551617", {}},
        {"18446744073709552k", {}},
    };
    for (const auto& [text, count] : cases) {
        EXPECT_EQ(parseCount(text, range), count) << text;
    }
    EXPECT_EQ(parseCount("0", {0, 10, ""}), 0);
    EXPECT_EQ(parseCount("11", {0, 10, ""}), std::nullopt);
}

TEST(SettingValues, ARangeContainsBothEnds) {
    constexpr Range range{2, 4, ""};
    EXPECT_FALSE(range.contains(1));
    EXPECT_TRUE(range.contains(2));
    EXPECT_TRUE(range.contains(4));
    EXPECT_FALSE(range.contains(5));
}

TEST(SettingValues, ChoicesAreJoinedByCommasAndOr) {
    constexpr std::array<std::string_view, 3> words{"401", "403", "404"};
    EXPECT_EQ(choicesText({}), "");
    EXPECT_EQ(choicesText(std::span(words).first(1)), "401");
    EXPECT_EQ(choicesText(std::span(words).first(2)), "401 or 403");
    EXPECT_EQ(choicesText(words), "401, 403 or 404");
}

TEST(SettingValues, HeaderNamesAreTokens) {
    for (const std::string& name : {std::string("Is-Private-File"),
                                    std::string("x_1!#$%&'*+-.^`|~"), std::string(128, 'a')}) {
        EXPECT_TRUE(isHeaderName(name)) << name;
    }
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a:"), std::string("\xc3\xa4"),
          std::string("a\0b", 3), std::string(129, 'a'), std::string("(a)")}) {
        EXPECT_FALSE(isHeaderName(name)) << name;
    }
}

TEST(SettingValues, VariableNamesBeginWithADollarSign) {
    for (const char* name : {"$a", "$photo_2", "$0", "$_"}) {
        EXPECT_TRUE(isVariableName(name)) << name;
    }
    for (const char* name : {"", "$", "photo", "$a-b", "$a b", "${a}", "$$a"}) {
        EXPECT_FALSE(isVariableName(name)) << name;
    }
}

TEST(SettingValues, PrefixesEndWithASlash) {
    EXPECT_EQ(parsePrefix("/"), "/");
    EXPECT_EQ(parsePrefix("/img"), "/img/");
    EXPECT_EQ(parsePrefix("/a b/"), "/a b/");
    for (const char* text : {"", "img/", "/img?a", "/img#a", "http://h/"}) {
        EXPECT_EQ(parsePrefix(text), "") << text;
    }
}

TEST(SettingValues, ZonesHaveANameAndASize) {
    const auto zone = parseNameAndSize("images:10m");
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->name, "images");
    EXPECT_EQ(zone->size, "10m");
    EXPECT_EQ(parseNameAndSize("a:b:c")->size, "b:c");
    EXPECT_EQ(parseNameAndSize("a:")->size, "");
    for (const char* text : {"", ":", ":10m", "images", "10m"}) {
        EXPECT_FALSE(parseNameAndSize(text)) << text;
    }
}

}  // namespace
}  // namespace private_image
