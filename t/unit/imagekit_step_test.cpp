// The keys of an ImageKit step for size, extraction, rotation and background: their valid values,
// invalid values next to these, and that order and explicit defaults change nothing.
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitSteps = Imagekit;

// ---- Size ----

TEST_F(ImagekitSteps, sidesArePixelsFractionsOrExpressions) {
    EXPECT_EQ(step("w-2").width, pixels(2));
    EXPECT_EQ(step("w-1").width, fraction(1));
    expectSame("w-1", "w-1.0");
    EXPECT_EQ(step("w-65535").width, pixels(65535));
    EXPECT_EQ(step("w-0.5,h-.25").width, fraction(0.5));
    EXPECT_EQ(step("w-0.5,h-.25").height, fraction(0.25));
    EXPECT_EQ(step("w-iw_div_4").width, (Length{Length::Unit::formula, 0, formula("iw_div_4")}));
    EXPECT_EQ(step("h-ch_mul_0.5_sub_N10").height,
              (Length{Length::Unit::formula, 0, formula("ch_mul_0.5_sub_N10")}));
    EXPECT_EQ(step("w-auto").width.unit, Length::Unit::automatic);
    expectSame("w-100_mul_2", "w-200");
    expectBadValues("", "w",
                    {"0", "0.0", "1.5", "1.01", "-1", "N5", "100-200", "0.5.5", "zzz", "iw_",
                     "iw_div", "iw_foo_2", "bw_div_2", "_iw", "autoo", "iw__2"});
    expectBadValues("", "h", {"0000", "auto", "1.5", "iw_div_2_"});
    expectBadChain("w-1 ", "\"w\" must be");
}

TEST_F(ImagekitSteps, sidesAboveTheMaximumAreIgnored) {
    EXPECT_EQ(step("w-65536,h-9").width, Length{});
    EXPECT_EQ(step("w-99999999999999999999999999,h-9").height, pixels(9));
    EXPECT_EQ(text("w-65536"), "");
}

TEST_F(ImagekitSteps, aRatioNeedsASide) {
    EXPECT_EQ(step("w-10,ar-4-3").aspectRatio, number(4.0 / 3));
    EXPECT_EQ(step("h-10,ar-4_3").aspectRatio, number(4.0 / 3));
    EXPECT_EQ(step("h-10,ar-1.5").aspectRatio, number(1.5));
    EXPECT_EQ(step("h-10,ar-iar_div_2").aspectRatio, (Quantity{0, formula("iar_div_2")}));
    EXPECT_EQ(step("w-10,h-10,ar-4-3").aspectRatio, std::nullopt);
    expectBadChain("ar-4-3", "needs \"w\" or \"h\"");
    expectBadChain("w-70000,ar-4-3", "needs \"w\" or \"h\"");
    expectBadChain("ar-4-3,fo-auto", "needs \"w\" or \"h\"");
    expectBadValues("w-10,", "ar",
                    {"0", "0-3", "4-0", "4-", "-4", "4-3-2", "4_3_2", "N4", "x", "99999999-1",
                     "1-99999999", "bar"});
}

TEST_F(ImagekitSteps, aRatioOfAnObjectNeedsNoSize) {
    for (const auto* focus : {"face", "person", "trafficLight"}) {
        const Step alone = step("ar-4-3,fo-" + std::string(focus));
        EXPECT_EQ(alone.width, fraction(1));
        EXPECT_EQ(alone.aspectRatio, number(4.0 / 3));
        EXPECT_EQ(alone.fit, Fit::coverRatio);
        EXPECT_EQ(alone.gravity.kind, Gravity::Kind::attention);
    }
}

TEST_F(ImagekitSteps, modesMeanWhatIsDocumented) {
    const std::pair<const char*, Fit> modes[] = {
        {"c-maintain_ratio", Fit::cover},
        {"c-force", Fit::stretch},
        {"c-at_max", Fit::insideNoEnlarge},
        {"c-at_max_enlarge", Fit::inside},
        {"c-at_least", Fit::outside},
        {"c-maintain_ratio_no_enlarge", Fit::coverNoEnlarge},
        {"cm-pad_resize", Fit::pad},
        {"cm-extract", Fit::extract},
        {"cm-pad_extract", Fit::padExtract},
        {"cm-pad_resize_no_enlarge", Fit::padNoEnlarge},
        {"cm-pad_extract_no_shrink", Fit::padExtract},
        {"cm-extract,c-force", Fit::extract},
        {"c-force,cm-pad_resize", Fit::pad},
        {"q-80", Fit::cover},
    };
    for (const auto& [mode, fit] : modes) {
        EXPECT_EQ(step("w-10,h-10," + std::string(mode)).fit, fit) << mode;
    }
    expectBadValues("w-1,", "c", {"crop", "pad_resize", "Force", "maintain"});
    expectBadValues("w-1,", "cm", {"force", "pad", "extract_"});
}

TEST_F(ImagekitSteps, placesMeanWhatIsDocumented) {
    const std::pair<const char*, Gravity> places[] = {
        {"center", {}},
        {"custom", {}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top_left", {Gravity::Kind::point, 0, 0}},
        {"top_right", {Gravity::Kind::point, 1, 0}},
        {"bottom_left", {Gravity::Kind::point, 0, 1}},
        {"bottom_right", {Gravity::Kind::point, 1, 1}},
        {"auto", {Gravity::Kind::attention}},
        {"face", {Gravity::Kind::attention}},
        {"car", {Gravity::Kind::attention}},
        {"hotDog", {Gravity::Kind::attention}},
        {"zebra", {Gravity::Kind::attention}},
    };
    for (const auto& [place, gravity] : places) {
        EXPECT_EQ(step("w-10,h-10,fo-" + std::string(place)).gravity, gravity) << place;
    }
    expectBadValues("w-10,h-10,", "fo", {"top_center", "Top", "hotdog", "faces", "unicorn"});
}

TEST_F(ImagekitSteps, zoomIsCheckedAndChangesNothing) {
    expectSame("w-10,h-10,fo-face,z-0.5", "w-10,h-10,fo-face");
    expectSame("w-10,h-10,fo-face,z-100", "w-10,h-10,fo-face");
    expectBadValues("w-10,h-10,fo-face,", "z", {"0", "0.0", "N1", "x", "101", "-1"});
}

TEST_F(ImagekitSteps, densityMultipliesWithinItsRange) {
    EXPECT_EQ(step("w-100,h-51,dpr-1.5").width, pixels(150));
    EXPECT_EQ(step("w-100,h-51,dpr-1.5").height, pixels(77));
    EXPECT_EQ(step("w-2501,h-10,dpr-2").width, pixels(2501));
    EXPECT_EQ(step("w-2501,h-10,dpr-2").height, pixels(10));
    EXPECT_EQ(step("w-2500,dpr-2").width, pixels(5000));
    EXPECT_EQ(step("w-4,dpr-0.1").width, pixels(4));
    EXPECT_EQ(step("w-0.5,dpr-2").width, fraction(0.5));
    EXPECT_EQ(step("w-6000").width, pixels(6000));
    EXPECT_EQ(step("w-iw_div_2,h-10,dpr-2").density, 2);
    EXPECT_EQ(step("w-iw_div_2,h-10,dpr-2").height, pixels(20));
    EXPECT_EQ(step("w-10,dpr-2").density, 1);
    EXPECT_EQ(text("dpr-2"), "");
    expectBadValues("w-1,", "dpr", {"0.09", "5.01", "0", "N1", "Auto", "2x"});
}

std::string times(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "_mul_1";
    }
    return text;
}

TEST_F(ImagekitSteps, densityMayBeAnExpression) {
    for (const auto* two :
         {"1_mul_2", "4_div_2", "1.5_add_0.5", "3_sub_1", "5_mod_3", "2_pow_1", "1_add_1_div_1"}) {
        expectSame("w-100,h-51,dpr-" + std::string(two), "w-100,h-51,dpr-2");
    }
    expectSame("w-2500_mul_1,dpr-1_mul_2", "w-5000");
    expectSame("w-2501,dpr-1_mul_2", "w-2501");
    for (const auto* variable : {"iw", "ih", "iar", "cw", "ch", "car"}) {
        const std::string formula = std::string(variable) + "_div_100";
        const Step requested = step("w-100,h-9,dpr-" + formula);
        EXPECT_EQ(expressionText(requested.densityFormula), formula);
        EXPECT_EQ(requested.width, pixels(100));
        EXPECT_EQ(requested.density, 1);
    }
    EXPECT_EQ(expressionText(step("w-100,dpr-car").densityFormula), "car");
    const Step layered = step("w-9,l-image,i-a.png,w-9,dpr-bar_add_1,l-end").layers[0].steps[0];
    EXPECT_EQ(expressionText(layered.densityFormula), "bar_add_1");
    EXPECT_EQ(text("dpr-iar"), "");
    expectSame("w-0.5,dpr-iar", "w-0.5");
    expectBadValues("w-1,", "dpr",
                    {"1_mul_6", "1_div_20", "1_sub_1", "1_div_0", "0_div_0", "2_pow_9999",
                     "10_pow_10_pow_10", "bw", "1_mul", "_mul_2", "1__2", "iw_div", "nan", "inf",
                     "1e1", "(1_mul_2)", "auto_mul_2"});
    EXPECT_EQ(expressionText(step("w-9,dpr-iw" + times(15)).densityFormula), "iw" + times(15));
    expectBadChain("w-1,dpr-iw" + times(16), "option \"dpr\"");
    expectBadChain("w-1,dpr-iw" + times(5000), "option \"dpr\"");
}

TEST_F(ImagekitSteps, hintsResolveAutomaticDensities) {
    EXPECT_TRUE(step("w-100,dpr-auto").hasAutomaticDensity);
    EXPECT_FALSE(step("w-auto").hasAutomaticDensity);
    const auto steps = transform("w-100:h-50,dpr-auto").steps;
    EXPECT_FALSE(steps[0].hasAutomaticDensity);
    EXPECT_TRUE(steps[1].hasAutomaticDensity);
    const Step layered = step("w-9,l-image,i-a.png,w-9,dpr-auto,l-end");
    EXPECT_FALSE(layered.hasAutomaticDensity);
    EXPECT_TRUE(layered.layers[0].steps[0].hasAutomaticDensity);
    // Without a side the density has no effect, but the hint is still requested.
    EXPECT_TRUE(step("dpr-auto").hasAutomaticDensity);
    EXPECT_TRUE(transform("n-preview,dpr-auto").steps.back().hasAutomaticDensity);
}

TEST_F(ImagekitSteps, defaultPaddingDependsOnTheHint) {
    EXPECT_TRUE(step("cm-pad_resize,w-auto,h-9").background->isForPadding);
    EXPECT_FALSE(step("cm-pad_resize,w-auto,h-9,bg-000000").background->isForPadding);
    expectSame("cm-pad_resize,w-9,h-9", "cm-pad_resize,w-9,h-9,bg-000000");
}

// ---- Extraction ----

TEST_F(ImagekitSteps, cornersAndCentresCountForExtractOnly) {
    const Step corner = step("w-10,h-10,cm-extract,x-5,y-0");
    EXPECT_EQ(corner.x, number(5));
    EXPECT_EQ(corner.y, number(0));
    const Step centre = step("w-10,h-10,cm-extract,xc-iw_div_2,yc-7");
    EXPECT_EQ(centre.centreX, (Quantity{0, formula("iw_div_2")}));
    EXPECT_EQ(centre.centreY, number(7));
    expectSame("w-10,h-10,x-5,y-N3,xc-1,yc-1", "w-10,h-10");
    expectBadChain("w-10,h-10,cm-extract,x-N5", "must not be negative");
    expectBadChain("w-10,h-10,cm-extract,y-N1", "must not be negative");
    expectBadChain("w-10,h-10,cm-extract,xc-N1", "must not be negative");
    expectBadChain("w-10,h-10,cm-extract,x-1,xc-1", "exclude each other");
    expectBadChain("w-10,h-10,cm-extract,y-1,yc-1", "exclude each other");
    for (const auto* key : {"x", "y", "xc", "yc"}) {
        expectBadValues("w-10,h-10,", key, {"N", "1.5", "65536", "n4", "NN4", "-4", "bw_div_2"});
    }
}

TEST_F(ImagekitSteps, framesAreTrimmedByTolerance) {
    EXPECT_EQ(step("t-true").trim.kind, Trim::Kind::frame);
    expectSame("t-true", "t-10");
    EXPECT_LT(step("t-5").trim.tolerance, step("t-true").trim.tolerance);
    EXPECT_GT(step("t-15").trim.tolerance, step("t-true").trim.tolerance);
    EXPECT_GT(step("t-1").trim.tolerance, 0);
    EXPECT_LE(step("t-99").trim.tolerance, 255);
    EXPECT_EQ(text("t-false"), "");
    expectBadValues("", "t", {"0", "100", "1.5", "N1", "True", "yes"});
}

// ---- Turning, corners, border ----

TEST_F(ImagekitSteps, rotationsAreClockwiseDegrees) {
    EXPECT_EQ(step("rt-90").rotation, 90);
    EXPECT_EQ(step("rt-45").rotation, 45);
    EXPECT_EQ(step("rt-N0.5").rotation, 359.5);
    expectSame("rt-N90", "rt-270");
    for (const auto* idle : {"rt-0", "rt-360", "rt-N360", "rt-auto"}) {
        EXPECT_EQ(text(idle), "") << idle;
    }
    expectBadValues("", "rt", {"361", "N361", "360.5", "-90", "N", "Auto"});
}

TEST_F(ImagekitSteps, flipsAreMirrors) {
    EXPECT_TRUE(step("fl-h").flipsHorizontally);
    EXPECT_FALSE(step("fl-h").flipsVertically);
    EXPECT_TRUE(step("fl-v").flipsVertically);
    expectSame("fl-h_v", "fl-v_h");
    EXPECT_EQ(step("fl-h_v").quarterTurns, 2);
    expectBadValues("", "fl", {"hv", "h_h", "x", "H"});
}

TEST_F(ImagekitSteps, cornersAreRounded) {
    EXPECT_EQ(step("r-20").rounding, (Rounding{false, {20, 20, 20, 20}}));
    EXPECT_EQ(step("r-1_2_3_4").rounding, (Rounding{false, {1, 2, 3, 4}}));
    EXPECT_EQ(step("r-max").rounding, (Rounding{true, {}}));
    expectSame("r-7_7_7_7", "r-7");
    EXPECT_EQ(text("r-0"), "");
    expectBadValues("", "r",
                    {"1.5", "N1", "65536", "1_2", "1_2_3", "1_2_3_4_5", "max_1", "1_2_3_"});
}

TEST_F(ImagekitSteps, bordersHaveAWidthAndAColour) {
    EXPECT_EQ(step("b-10_FF0000").border, (Border{number(10), rgb(255, 0, 0)}));
    EXPECT_EQ(step("b-cw_mod_5_AAAA54").border,
              (Border{{0, formula("cw_mod_5")}, rgb(0xaa, 0xaa, 0x54)}));
    EXPECT_EQ(step("b-5_FF000050").border, (Border{number(5), rgb(255, 0, 0, 128)}));
    EXPECT_EQ(text("b-0_red"), "");
    expectBadValues("", "b",
                    {"10", "_red", "10_", "10_nored", "N1_red", "65536_red", "1.5_red", "10_FFF",
                     "10-FF0000", "bw_div_2_red"});
}

// ---- Colours ----

TEST_F(ImagekitSteps, backgroundsAreColoursOrMadeFromTheImage) {
    const auto background = [this](std::string_view value) {
        return *step("w-9,h-9,cm-pad_resize,bg-" + std::string(value)).background;
    };
    using Kind = Background::Kind;
    EXPECT_EQ(background("F3F3F3").colour, rgb(0xf3, 0xf3, 0xf3));
    EXPECT_EQ(background("FF000050").colour, rgb(255, 0, 0, 128));
    EXPECT_EQ(background("FF000000").colour, rgb(255, 0, 0, 0));
    EXPECT_EQ(background("FF000099").colour, rgb(255, 0, 0, 252));
    EXPECT_EQ(background("red").colour, rgb(255, 0, 0));
    EXPECT_EQ(background("blurred").kind, Kind::blurred);
    EXPECT_EQ(background("blurred").blur, std::nullopt);
    EXPECT_EQ(background("blurred_auto"), background("blurred"));
    EXPECT_EQ(background("blurred_auto_0"), background("blurred"));
    EXPECT_EQ(background("blurred_0").blur, 0);
    EXPECT_EQ(background("blurred_100_N255").blur, 100);
    EXPECT_EQ(background("blurred_100_N255").brightness, -255);
    EXPECT_EQ(background("blurred_auto_255").brightness, 255);
    EXPECT_EQ(background("dominant").kind, Kind::dominant);
    EXPECT_EQ(background("gradient_dominant").shades, 2);
    EXPECT_EQ(background("gradient_dominant_2"), background("gradient_dominant"));
    EXPECT_EQ(background("gradient_dominant_4").shades, 4);
    expectBadValues("", "bg",
                    {"FFF", "FF0000A0", "FF0000100", "nocolour", "blurred_101", "blurred_5_256",
                     "blurred_5_N256", "blurred_5_5_5", "blurred_", "blurredx", "dominant_2",
                     "gradient_dominant_3", "gradient", "blurred_x"});
}

TEST_F(ImagekitSteps, paddingIsBlackByDefault) {
    const Background black{};
    EXPECT_EQ(step("w-10,h-10,cm-pad_resize").background, black);
    EXPECT_EQ(step("w-10,h-10,cm-pad_extract").background, black);
    EXPECT_EQ(step("w-10,ar-1-1,cm-pad_resize_no_enlarge").background, black);
    EXPECT_EQ(step("w-10,cm-pad_resize").background, std::nullopt);
    EXPECT_EQ(step("w-10,cm-pad_extract").background, black);
    EXPECT_EQ(step("w-10,h-10").background, std::nullopt);
    EXPECT_EQ(step("bg-red").background->colour, rgb(255, 0, 0));
    expectSame("w-10,h-10,cm-pad_resize,bg-000000", "w-10,h-10,cm-pad_resize");
}

TEST_F(ImagekitSteps, onlyResizedPaddingIsBlurred) {
    EXPECT_EQ(text("bg-blurred"), "");
    expectSame("w-9,bg-blurred", "w-9");
    expectSame("w-9,h-9,cm-pad_extract,bg-blurred", "w-9,h-9,cm-pad_extract");
    EXPECT_EQ(step("w-9,h-9,cm-pad_resize_no_enlarge,bg-blurred").background->kind,
              Background::Kind::blurred);
}

TEST_F(ImagekitSteps, opacityMakesTheBackgroundOpaque) {
    EXPECT_EQ(step("o-50").opacity, 0.5);
    EXPECT_EQ(step("o-0").opacity, 0);
    EXPECT_EQ(text("o-100"), "");
    expectSame("o-50,bg-FF000050", "o-50,bg-FF0000");
    EXPECT_EQ(step("o-100,bg-FF000050").background->colour.alpha, 128);
    expectBadValues("", "o", {"101", "N1", "0.5", "x"});
}

// ---- Together ----

TEST_F(ImagekitSteps, stepsKeepTheirOrder) {
    const auto steps = transform("w-400,h-300:bl-9:w-10").steps;
    ASSERT_EQ(steps.size(), 3u);
    EXPECT_EQ(steps[0].width, pixels(400));
    EXPECT_EQ(steps[1].effects, std::vector<Effect>{Blur{9}});
    EXPECT_EQ(steps[2].width, pixels(10));
    EXPECT_NE(text("w-400:h-300"), text("h-300:w-400"));
}

// Neither shuffling the keys of a step nor naming every default changes the result.
TEST_F(ImagekitSteps, orderAndDefaultsChangeNothing) {
    const std::vector<std::vector<std::string>> steps = {
        {"w-100", "h-50", "fo-left", "q-60", "f-jpg", "bl-5", "rt-30", "r-5_6_7_8", "fl-h"},
        {"w-100", "h-50", "cm-pad_resize", "bg-FF000050", "o-40", "b-ch_div_9_red", "t-20"},
        {"w-iw_div_2", "dpr-2", "ar-3-2", "e-shadow-bl-3", "e-gradient-ld-top", "e-sharpen-3"},
        {"cm-extract", "w-9", "h-9", "x-1", "y-2", "lo-true", "pr-true", "dn-72", "pg-2",
         "cp-true"},
        {"e-usm-1-1-1-0.1", "e-contrast", "e-grayscale", "cr-red_5", "e-colorize-in-5",
         "e-distort-a-9", "md-true", "di-a.png"},
        {"w-9", "l-text,i-a,co-red,l-end", "q-5", "o-5"},
        {"dpr-auto", "h-7", "w-auto", "fo-face", "z-2"},
    };
    const std::vector<std::string> defaults = {
        "c-maintain_ratio", "fo-center", "dpr-1",    "rt-0",     "r-0",      "o-100",
        "t-false",          "z-1.0",     "lo-false", "pr-false", "cp-false", "md-false",
        "b-0_red"};
    std::mt19937 random(6);
    for (const auto& items : steps) {
        const Transform expected = transform(joined(items));
        for (int i = 0; i < 200; ++i) {
            std::vector<std::string> shuffled = items;
            for (const std::string& idle : defaults) {
                const auto key = idle.substr(0, idle.find('-') + 1);
                const auto isGiven = [&](const std::string& item) { return item.starts_with(key); };
                if (random() % 2 != 0 && std::ranges::none_of(items, isGiven)) {
                    shuffled.push_back(idle);
                }
            }
            std::ranges::shuffle(shuffled, random);
            const auto result = parseStep(joined(shuffled));
            ASSERT_TRUE(result) << joined(shuffled) << ": " << result.error().detail;
            EXPECT_EQ(result->transform, expected) << joined(shuffled);
            EXPECT_EQ(canonicalText(result->transform), canonicalText(expected));
        }
    }
}

TEST_F(ImagekitSteps, malformedItemsAreRefused) {
    for (const auto* chain : {",", ":", "w-1,", ",w-1", "w-1,,h-1", "w-1:", ":w-1", "w-1::h-1"}) {
        expectBadChain(chain, "empty item");
    }
    expectBadChain("w", "option \"w\" needs a value");
    expectBadChain("w-", "option \"w\" needs a value");
    expectBadChain("-5", "unknown option \"\"");
    expectBadChain("foo-5", "unknown option \"foo\"");
    expectBadChain("W-5", "unknown option \"W\"");
    expectBadChain("i-a.png", "unknown option \"i\"");
    expectBadChain("lx-5", "unknown option \"lx\"");
    expectBadChain("oi-a.png", "unknown option \"oi\"");
}

TEST_F(ImagekitSteps, everyKeyIsPermittedOnce) {
    const std::vector<std::string> items = {
        "w-1",      "h-1",      "ar-1-1",     "c-force",     "cm-extract",    "fo-top",
        "z-1",      "x-1",      "y-1",        "xc-1",        "yc-1",          "dpr-1",
        "bl-1",     "rt-1",     "r-1",        "fl-h",        "bg-red",        "o-1",
        "b-1_red",  "t-1",      "cr-red",     "e-grayscale", "e-contrast",    "e-sharpen",
        "e-usm",    "e-shadow", "e-gradient", "e-colorize",  "e-distort-a-1", "q-1",
        "f-png",    "lo-true",  "pr-true",    "cp-true",     "md-true",       "dn-1",
        "di-a.png", "pg-1",     "orig-true"};
    for (const std::string& item : items) {
        const auto result = parseStep(item + ',' + item);
        expectError(result, Reason::badOptions, item, "is given twice");
        EXPECT_TRUE(parseStep("w-9," + item + ":h-9," + item) || item == "w-1" || item == "h-1")
            << item;
    }
    expectSame("w-1:w-1", "w-01:w-1");
}

TEST_F(ImagekitSteps, errorsNameKeysThatNeedAModelOrAVideo) {
    for (const auto* item :
         {"e-bgremove", "e-removedotbg", "e-dropshadow", "e-dropshadow-az-45",
          "e-changebg-prompt-sea", "e-edit-prompt-x", "e-retouch", "e-upscale", "e-genvar"}) {
        const std::string name(item, std::string_view(item).find('-', 2) == std::string_view::npos
                                         ? std::string_view(item).size()
                                         : std::string_view(item).find('-', 2));
        expectBadChain("w-1," + std::string(item),
                       "option \"" + name + "\" is not supported: it needs an AI model");
    }
    expectBadChain("w-9,h-9,cm-pad_resize,bg-genfill", "\"bg-genfill\" is not supported");
    expectBadChain("bg-genfill-prompt-sea", "\"bg-genfill\" is not supported");
    for (const auto* key : {"so", "eo", "du", "vc", "ac", "sr"}) {
        expectBadChain(std::string(key) + "-1",
                       "option \"" + std::string(key) + "\" is not supported: it is for videos");
    }
    expectBadChain("l-video,i-a.mp4,l-end", "option \"l-video\" is not supported");
    expectBadChain("l-subtitles,i-a.srt,l-end", "option \"l-subtitles\" is not supported");
    expectBadChain("l-subtext,i-a,l-end", "unknown layer \"l-subtext\"");
}

}  // namespace
}  // namespace private_image::imagekit
