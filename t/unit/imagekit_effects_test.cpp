// ImageKit's effects and their settings: defaults, bounds, parts in any order.
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitEffects = Imagekit;

TEST_F(ImagekitEffects, coloursAreReplaced) {
    EXPECT_EQ(effect<ReplaceColour>("cr-red"), (ReplaceColour{rgb(255, 0, 0), 35, {}}));
    EXPECT_EQ(effect<ReplaceColour>("cr-00FF00_0"), (ReplaceColour{rgb(0, 255, 0), 0, {}}));
    EXPECT_EQ(effect<ReplaceColour>("cr-00FF00_100_blue"),
              (ReplaceColour{rgb(0, 255, 0), 100, rgb(0, 0, 255)}));
    expectSame("cr-red_35", "cr-FF0000");
    expectBadValues("", "cr",
                    {"nocolour", "red_101", "red_N1", "red_5_nocolour", "red_5_blue_1", "_5",
                     "red_", "red_5_"});
}

TEST_F(ImagekitEffects, tintsHaveAColourAndAnIntensity) {
    EXPECT_EQ(effect<Colorize>("e-colorize"), Colorize{});
    EXPECT_EQ(effect<Colorize>("e-colorize-co-red"), (Colorize{rgb(255, 0, 0), 100}));
    EXPECT_EQ(effect<Colorize>("e-colorize-in-30_co-0000FF"), (Colorize{rgb(0, 0, 255), 30}));
    EXPECT_EQ(text("e-colorize-in-0"), "");
    expectBadValues(
        "", "e-colorize",
        {"red", "co-", "in-101", "in-N1", "co-red_co-red", "co-red_", "in-5_x-5", "_co-red"});
}

TEST_F(ImagekitEffects, flagsTakeNoValue) {
    effect<Grayscale>("e-grayscale");
    effect<StretchContrast>("e-contrast");
    expectBadChain("e-grayscale-5", "option \"e-grayscale\" takes no value");
    expectBadChain("e-contrast-", "option \"e-contrast\" takes no value");
    for (const auto* flag : {"e-sharpen-", "e-usm-", "e-shadow-", "e-gradient-", "e-colorize-"}) {
        expectBadChain(flag, "has an empty value");
    }
    expectBadChain("e-", "unknown option \"e-\"");
    expectBadChain("e", "unknown option \"e\"");
    expectBadChain("e-sepia", "unknown option \"e-sepia\"");
}

TEST_F(ImagekitEffects, blurAndSharpeningHaveAnAmount) {
    EXPECT_EQ(effect<Blur>("bl-1").radius, 1);
    EXPECT_EQ(effect<Blur>("bl-100").radius, 100);
    expectBadValues("", "bl", {"0", "101", "x", "1.5", "N1"});
    EXPECT_EQ(effect<Sharpen>("e-sharpen").amount, 1);
    EXPECT_EQ(effect<Sharpen>("e-sharpen-2.5").amount, 2.5);
    EXPECT_EQ(effect<Sharpen>("e-sharpen-100").amount, 10);
    expectBadValues("", "e-sharpen", {"0", "101", "N1", "x"});
}

TEST_F(ImagekitEffects, unsharpMasksHaveFourNumbers) {
    EXPECT_EQ(effect<UnsharpMask>("e-usm-2-2-0.8-0.024"), (UnsharpMask{2, 2, 0.8, 0.024}));
    EXPECT_EQ(effect<UnsharpMask>("e-usm-100-0.5-3-0"), (UnsharpMask{100, 0.5, 3, 0}));
    expectSame("e-usm", "e-usm-2-2-0.8-0.024");
    expectBadValues("", "e-usm",
                    {"2-2-0.8", "2-2-0.8-0.024-1", "0-2-0.8-0.1", "2-0-1-0.1", "2-2-0-0.1",
                     "2-2-1-1.1", "101-2-1-0.1", "N2-2-1-0.1", "x"});
}

TEST_F(ImagekitEffects, shadowsHavePartsInAnyOrder) {
    EXPECT_EQ(step("e-shadow").shadow, (Shadow{10, 30, 2, 2}));
    EXPECT_EQ(step("e-shadow-bl-15_st-40_x-10_y-N5").shadow, (Shadow{15, 40, 10, -5}));
    expectSame("e-shadow-y-N5_x-10_st-40_bl-15", "e-shadow-bl-15_st-40_x-10_y-N5");
    expectSame("e-shadow", "e-shadow-bl-10_st-30_x-2_y-2");
    EXPECT_EQ(step("e-shadow-x-N100_y-100_bl-0").shadow, (Shadow{0, 30, -100, 100}));
    expectBadValues("", "e-shadow",
                    {"bl-16", "st-101", "x-101", "y-N101", "bl", "bl-1_bl-1", "z-1", "bl-1_z-1",
                     "bl-1__st-1", "bl-N1", "x-1.5", "5"});
}

TEST_F(ImagekitEffects, gradientsHavePartsInAnyOrder) {
    EXPECT_EQ(effect<Gradient>("e-gradient"), Gradient{});
    EXPECT_EQ(effect<Gradient>("e-gradient-ld-45_from-red_to-00FF0010_sp-0.5"),
              (Gradient{45, rgb(255, 0, 0), rgb(0, 255, 0, 26), number(0.5)}));
    EXPECT_EQ(effect<Gradient>("e-gradient-sp-ih_div_2_ld-bottom_left").stop.formula,
              formula("ih_div_2"));
    EXPECT_EQ(effect<Gradient>("e-gradient-sp-ih_div_2_ld-bottom_left").degrees, 225);
    EXPECT_EQ(effect<Gradient>("e-gradient-sp-300").stop, number(300));
    expectSame("e-gradient", "e-gradient-to-00000000_from-FFFFFF_sp-1_ld-180");
    const std::pair<const char*, double> directions[] = {
        {"top", 0},      {"top_right", 45},    {"right", 90}, {"bottom_right", 135},
        {"bottom", 180}, {"bottom_left", 225}, {"left", 270}, {"top_left", 315},
        {"359", 359}};
    for (const auto& [name, degrees] : directions) {
        EXPECT_EQ(effect<Gradient>("e-gradient-ld-" + std::string(name)).degrees, degrees);
    }
    expectBadValues("", "e-gradient",
                    {"ld-360", "ld-N1", "ld-middle", "from-nocolour", "to-", "sp-0", "sp-N1",
                     "sp-65536", "ld-1_ld-1", "ld-top_", "x-1", "sp-bw_div_2", "red"});
}

TEST_F(ImagekitEffects, distortionsAreArcsOrPerspectives) {
    const Distort moved = *step("e-distort-p-0_N1_100_2_99_98_65535_N65535").distort;
    EXPECT_EQ(moved.kind, Distort::Kind::perspective);
    EXPECT_EQ(moved.corners[1], number(-1));
    EXPECT_EQ(moved.corners[7], number(-65535));
    const Distort arc = *step("e-distort-a-N360").distort;
    EXPECT_EQ(arc.kind, Distort::Kind::arc);
    EXPECT_EQ(arc.degrees, -360);
    expectBadChain("e-distort", "option \"e-distort\" needs a value");
    expectBadValues("", "e-distort",
                    {"a-0", "a-361", "a-", "a-1.5", "p-1_2_3_4_5_6_7", "x-1", "p-1_2_3_4_5_6_7_8_9",
                     "p-1_2_3_4_5_6_7_65536", "p-", "p"});
}

TEST_F(ImagekitEffects, haveAFixedOrder) {
    const auto effects =
        step("bl-5,e-usm,e-sharpen,e-colorize,cr-red,e-contrast,e-grayscale").effects;
    ASSERT_EQ(effects.size(), 7u);
    EXPECT_TRUE(std::ranges::is_sorted(effects, {}, &Effect::index));
}

}  // namespace
}  // namespace private_image::imagekit
