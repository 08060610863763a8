// Formulas over image sizes.
#include "transform/expression.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

namespace private_image {
namespace {

constexpr ImageSizes sizes{640, 480, 320, 160, 1000, 500};

std::optional<Expression> parsed(std::string_view text) {
    return parseExpression(text, ExpressionScope::imageLayer);
}

std::optional<double> value(std::string_view text) {
    const auto expression = parsed(text);
    EXPECT_TRUE(expression) << text;
    return expression ? evaluate(*expression, sizes) : std::nullopt;
}

TEST(Expressions, aNumberIsAFormula) {
    EXPECT_EQ(value("200"), 200);
    EXPECT_EQ(value("0.5"), 0.5);
    EXPECT_EQ(value(".5"), 0.5);
    EXPECT_EQ(value("N40"), -40);
    EXPECT_EQ(value("N0"), 0);
    EXPECT_EQ(value("1000000000"), 1e9);
}

TEST(Expressions, variablesAreTheSizes) {
    EXPECT_EQ(value("iw"), 640);
    EXPECT_EQ(value("ih"), 480);
    EXPECT_EQ(value("iar"), 640.0 / 480);
    EXPECT_EQ(value("cw"), 320);
    EXPECT_EQ(value("ch"), 160);
    EXPECT_EQ(value("car"), 2);
    EXPECT_EQ(value("bw"), 1000);
    EXPECT_EQ(value("bh"), 500);
    EXPECT_EQ(value("bar"), 2);
}

TEST(Expressions, operatorsHavePrecedence) {
    EXPECT_EQ(value("iw_div_4"), 160);
    EXPECT_EQ(value("2_add_3_mul_4"), 14);
    EXPECT_EQ(value("20_div_2_mul_5"), 50);  // left to right within one precedence
    EXPECT_EQ(value("10_sub_2_sub_3"), 5);
    EXPECT_EQ(value("17_mod_3_add_2"), 2);  // 17 mod (3 + 2)
    EXPECT_EQ(value("2_pow_1_add_2"), 8);   // 2 pow (1 + 2)
    EXPECT_EQ(value("2_pow_7_mod_4"), 8);   // 2 pow (7 mod 4)
    EXPECT_EQ(value("2_pow_3_pow_2"), 64);  // left to right
    EXPECT_EQ(value("iw_sub_N10"), 650);
    EXPECT_EQ(value("cw_mod_7"), 5);
}

TEST(Expressions, undefinedValuesAreEmpty) {
    for (const auto* text :
         {"iw_div_0", "0_div_0", "iw_mod_0", "N1_pow_0.5", "0_pow_N1", "1000000000_mul_1000000000",
          "iw_pow_iw", "1000000000_add_1", "5_mod_1_div_0", "1_div_0_pow_0"}) {
        EXPECT_FALSE(value(text)) << text;
    }
    EXPECT_FALSE(evaluate({}, sizes));
    EXPECT_FALSE(evaluate(*parsed("bar"), {640, 480, 320, 160, 0, 0}));
    EXPECT_EQ(value("1000000000_mul_1000_div_1000"), 1e9);
}

TEST(Expressions, otherTextsAreRefused) {
    for (const auto* text :
         {"",         "_",        "iw_",       "_iw",          "iw_add",       "iw_add_",
          "add_2",    "iw_iw",    "iw__2",     "iw_add_add_2", "iw_plus_2",    "IW",
          "iw_ADD_2", "xw",       "-5",        "+5",           "n5",           "NN5",
          "N",        "Niw",      "1e3",       "0x1",          "1.",           ".",
          "1..2",     "iw add 2", "iw_add_2 ", "1000000001",   "123456789012", ".00000000001",
          "iw_div_2_"}) {
        EXPECT_FALSE(parsed(text)) << text;
    }
    EXPECT_FALSE(parsed(std::string_view("iw\0", 3)));
    EXPECT_FALSE(parsed(std::string(100000, '1')));
}

TEST(Expressions, scopesHaveTheirVariables) {
    for (const auto* text : {"iw", "ih", "iar", "cw", "ch", "car"}) {
        EXPECT_TRUE(parseExpression(text, ExpressionScope::image)) << text;
        EXPECT_TRUE(parseExpression(text, ExpressionScope::imageLayer)) << text;
        EXPECT_FALSE(parseExpression(text, ExpressionScope::otherLayer)) << text;
    }
    for (const auto* text : {"bw", "bh", "bar"}) {
        EXPECT_FALSE(parseExpression(text, ExpressionScope::image)) << text;
        EXPECT_TRUE(parseExpression(text, ExpressionScope::imageLayer)) << text;
        EXPECT_TRUE(parseExpression(text, ExpressionScope::otherLayer)) << text;
    }
    EXPECT_TRUE(parseExpression("5", ExpressionScope::otherLayer));
}

TEST(Expressions, atMostSixteenOperands) {
    std::string text = "1";
    for (int i = 1; i < 16; ++i) {
        text += "_add_1";
    }
    EXPECT_EQ(value(text), 16);
    EXPECT_FALSE(parsed(text + "_add_1"));
    for (int i = 0; i < 20000; ++i) {
        text += "_add_1";
    }
    EXPECT_FALSE(parsed(text));
}

TEST(Expressions, theTextParsesToTheSameFormula) {
    EXPECT_EQ(expressionText({}), "");
    EXPECT_EQ(expressionText(*parsed("iw_div_02.50_sub_N10")), "iw_div_2.5_sub_N10");
    EXPECT_EQ(expressionText(*parsed("N0")), "0");
    for (const auto* text :
         {".0000000001", "0.000000001", "999999999.9", "1000000000", "N123456.7891", "N.000000001",
          "bar_mul_bw_div_bh_mod_3_pow_2_add_iar_sub_car"}) {
        const auto expression = parsed(text);
        ASSERT_TRUE(expression) << text;
        EXPECT_EQ(parsed(expressionText(*expression)), expression) << text;
    }
}

TEST(Expressions, garbageDoesNotCrash) {
    constexpr std::array words = {"iw", "car", "bh",  "add", "sub", "mul", "div", "mod",      "pow",
                                  "0",  "N3",  "1.5", "_",   "",    "N",   "x",   "999999999"};
    std::mt19937 random(1);
    int good = 0;
    for (int i = 0; i < 50000; ++i) {
        std::string text;
        for (auto count = random() % 12; count > 0; --count) {
            text += words[random() % words.size()];
            text += count > 1 ? "_" : "";
        }
        const auto expression = parsed(text);
        if (!expression) {
            continue;
        }
        ++good;
        ASSERT_EQ(parsed(expressionText(*expression)), expression) << text;
        const auto result = evaluate(*expression, sizes);
        ASSERT_TRUE(!result || std::fabs(*result) <= 1e9) << text;
    }
    EXPECT_GT(good, 1000);
}

}  // namespace
}  // namespace private_image
