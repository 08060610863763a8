// Cloudflare's trims: by sides, to a box, and of a border.
#include <gtest/gtest.h>

#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/cloudflare/trim.hpp"

namespace private_image::cloudflare {
namespace {

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

Length fraction(double value) {
    return {Length::Unit::fraction, value, {}};
}

Trim sides(Length top, Length right, Length bottom, Length left) {
    Trim trim;
    trim.kind = Trim::Kind::sides;
    trim.top = top;
    trim.right = right;
    trim.bottom = bottom;
    trim.left = left;
    return trim;
}

Trim box(Length left, Length top, Length width, Length height) {
    Trim trim;
    trim.kind = Trim::Kind::box;
    trim.left = left;
    trim.top = top;
    trim.width = width;
    trim.height = height;
    return trim;
}

Trim frame(std::optional<Colour> colour, double tolerance, std::uint32_t keep) {
    Trim trim;
    trim.kind = Trim::Kind::frame;
    trim.colour = colour;
    trim.tolerance = tolerance;
    trim.keep = keep;
    return trim;
}

Trim trimOf(std::string_view options) {
    const auto result = parseOptions(options, {});
    EXPECT_TRUE(result) << options << ": " << (result ? "" : result.error().detail);
    return result && !result->steps.empty() ? result->steps[0].trim : Trim{};
}

void expectRefused(std::string_view options, std::string_view detail) {
    const auto result = parseOptions(options, {});
    ASSERT_FALSE(result) << options;
    EXPECT_EQ(result.error().reason, Reason::badOptions);
    EXPECT_NE(result.error().detail.find(detail), std::string::npos)
        << options << ": " << result.error().detail;
}

TEST(CloudflareTrim, trimsEachSideByItsValue) {
    EXPECT_EQ(trimOf("trim=20;30;10;0"), sides(pixels(20), pixels(30), pixels(10), {}));
    EXPECT_EQ(trimOf("trim=20%3B30%3B10%3B0"), trimOf("trim=20;30;10;0"));
    EXPECT_EQ(trimOf("trim=0.1;.25;0.0;1"), sides(fraction(0.1), fraction(0.25), {}, pixels(1)));
    EXPECT_EQ(trimOf("trim=65535;0;0;0"), sides(pixels(65535), {}, {}, {}));
    EXPECT_EQ(trimOf("trim=0;0.0;0;0"), Trim{});
}

TEST(CloudflareTrim, trimsToABox) {
    EXPECT_EQ(trimOf("trim.left=10,trim.top=20,trim.width=30,trim.height=40"),
              box(pixels(10), pixels(20), pixels(30), pixels(40)));
    EXPECT_EQ(trimOf("trim.width=0.5"), box({}, {}, fraction(0.5), {}));
    EXPECT_EQ(trimOf("trim.height=5,trim.left=0.25"), box(fraction(0.25), {}, {}, pixels(5)));
}

TEST(CloudflareTrim, aBoxUpToTheFarEdgesIsTheSameAsSides) {
    EXPECT_EQ(trimOf("trim.left=10,trim.top=20"), trimOf("trim=20;0;0;10"));
    EXPECT_EQ(trimOf("trim.left=10,trim.width=1.0"), trimOf("trim=0;0;0;10"));
    EXPECT_EQ(trimOf("trim.left=0,trim.top=0.0"), Trim{});
}

TEST(CloudflareTrim, trimsABorder) {
    EXPECT_EQ(trimOf("trim=border"), frame(std::nullopt, 10, 0));
    EXPECT_EQ(trimOf("trim=border,trim.border.color=%23ff0000,trim.border.tolerance=0,"
                     "trim.border.keep=3"),
              frame(Colour{255, 0, 0, 255}, 0, 3));
    EXPECT_EQ(trimOf("trim.border.keep=3"), trimOf("trim=border,trim.border.keep=3"));
    EXPECT_EQ(trimOf("trim.border.tolerance=255"), frame(std::nullopt, 255, 0));
    EXPECT_EQ(trimOf("trim.border.color=white"), frame(Colour{255, 255, 255, 255}, 10, 0));
}

TEST(CloudflareTrim, dprMultipliesPixelsOnly) {
    EXPECT_EQ(trimOf("dpr=2,trim=20;0.3;10;0"), sides(pixels(40), fraction(0.3), pixels(20), {}));
    EXPECT_EQ(trimOf("trim.left=10,trim.width=31,dpr=1.5"), box(pixels(15), {}, pixels(47), {}));
    EXPECT_EQ(trimOf("dpr=0.1,trim=1;1;1;1"), Trim{});
    EXPECT_EQ(trimOf("dpr=0.1,trim.width=1"), box({}, {}, pixels(1), {}));
    EXPECT_EQ(trimOf("dpr=2,trim.border.keep=3"), trimOf("trim.border.keep=3"));
    expectRefused("dpr=2,trim=40000;0;0;0", "above 65535");
    expectRefused("dpr=2,trim.height=40000", "above 65535");
}

TEST(CloudflareTrim, errorsNameInvalidValues) {
    for (const auto* value :
         {"1", "1;2;3", "1;2;3;4;5", "1;2;3;", ";;;", "1;2;3;-4", "1;2;3;65536", "1.5;0;0;0",
          "1 ;2;3;4", "1,2,3,4", "Border", "a;b;c;d", "1e1;0;0;0", "0.1.1;0;0;0", ".;0;0;0"}) {
        expectRefused("trim=" + std::string(value), "option \"trim\" must be");
    }
    for (const auto* name : {"trim.left", "trim.top", "trim.width", "trim.height"}) {
        for (const auto* value : {"-1", "65536", "1.5", "auto", "1px", "99999999999999999999"}) {
            expectRefused(std::string(name) + '=' + value,
                          "option \"" + std::string(name) + "\" must be");
        }
    }
    expectRefused("trim.width=0", "\"trim.width\" must be");
    expectRefused("trim.height=0.0", "\"trim.height\" must be");
    expectRefused("trim.border.color=nope", "\"trim.border.color\" must be");
    expectRefused("trim.border.tolerance=255.1", "\"trim.border.tolerance\" must be");
    expectRefused("trim.border.tolerance=-1", "\"trim.border.tolerance\" must be");
    expectRefused("trim.border.keep=1.5", "\"trim.border.keep\" must be");
    expectRefused("trim.border.keep=65536", "\"trim.border.keep\" must be");
    expectRefused("trim.right=1", "unknown option \"trim.right\"");
    expectRefused("trim.border=1", "unknown option \"trim.border\"");
}

TEST(CloudflareTrim, trimsThatLeaveNothingAreRefused) {
    expectRefused("trim=0.5;0;0.5;0", "leaves nothing");
    expectRefused("trim=0;1.0;0;0", "leaves nothing");
    expectRefused("trim.left=1.0", "leaves nothing");
    EXPECT_EQ(trimOf("trim=0.5;0.5;0;0").top, fraction(0.5));
}

TEST(CloudflareTrim, kindsExcludeEachOther) {
    expectRefused("trim=1;1;1;1,trim.left=1", "exclude each other");
    expectRefused("trim=border,trim.left=1", "exclude each other");
    expectRefused("trim=1;1;1;1,trim.border.keep=1", "exclude each other");
    expectRefused("trim.width=1,trim.border.keep=1", "exclude each other");
}

}  // namespace
}  // namespace private_image::cloudflare
