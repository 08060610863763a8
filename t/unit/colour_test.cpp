// Colours in the notations of both dialects.
#include "transform/colour.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace private_image {
namespace {

constexpr Colour red{255, 0, 0, 255};

TEST(Colours, namesAreFoundInAnyCase) {
    EXPECT_EQ(namedColour("red"), red);
    EXPECT_EQ(namedColour("ReD"), red);
    EXPECT_EQ(namedColour("aliceblue"), (Colour{240, 248, 255, 255}));
    EXPECT_EQ(namedColour("yellowgreen"), (Colour{154, 205, 50, 255}));
    EXPECT_EQ(namedColour("rebeccapurple"), (Colour{102, 51, 153, 255}));
    EXPECT_EQ(namedColour("transparent"), (Colour{0, 0, 0, 0}));
    EXPECT_EQ(namedColour("slategrey"), namedColour("slategray"));
}

TEST(Colours, unknownNamesAreRefused) {
    for (const auto* text : {"", "re", "redd", "aaa", "zzz", "#red", " red", "none"}) {
        EXPECT_FALSE(namedColour(text)) << text;
    }
    EXPECT_FALSE(namedColour(std::string(10000, 'a')));
}

TEST(Colours, cssAcceptsHexOfEveryLength) {
    EXPECT_EQ(cssColour("#f00"), red);
    EXPECT_EQ(cssColour("#f008"), (Colour{255, 0, 0, 0x88}));
    EXPECT_EQ(cssColour("#FF0000"), red);
    EXPECT_EQ(cssColour("#ff000080"), (Colour{255, 0, 0, 128}));
}

// Each channel may differ by one: how browsers round is not defined.
void expectNear(const char* text, Colour expected) {
    const auto colour = cssColour(text);
    ASSERT_TRUE(colour) << text;
    EXPECT_NEAR(colour->red, expected.red, 1) << text;
    EXPECT_NEAR(colour->green, expected.green, 1) << text;
    EXPECT_NEAR(colour->blue, expected.blue, 1) << text;
    EXPECT_EQ(colour->alpha, expected.alpha) << text;
}

struct CssColour {
    const char* text;
    Colour colour;  // as Chromium 156 draws it
};

TEST(Colours, cssAcceptsSrgbFunctions) {
    EXPECT_EQ(cssColour("rgb(255,0,0)"), red);
    EXPECT_EQ(cssColour("rgba(255 255 0 100)"),
              (Colour{255, 255, 0, 255}));  // Cloudflare's example
    EXPECT_EQ(cssColour("hsla(60 100% 50% .5)"), (Colour{255, 255, 0, 128}));
    for (const CssColour& row : std::to_array<CssColour>({
             {"rgb(255, 0, 0)", red},
             {"RGB(255 0 0)", red},
             {"rgb(  100%  0% 0%\t)", red},
             {"rgb(300 -20 0)", red},
             {"rgb(10%,20%,30%)", {26, 51, 77, 255}},
             {"rgb(10% 20 30%)", {26, 20, 77, 255}},
             {"rgb(1%2%3%)", {3, 5, 8, 255}},
             {"rgb(1.5.5 2)", {2, 1, 2, 255}},
             {"rgb(1-2-3)", {1, 0, 0, 255}},
             {"rgb(+1 +2 +3)", {1, 2, 3, 255}},
             {"rgb(none 20 none)", {0, 20, 0, 255}},
             {"rgb(1e2 2.5e1 0)", {100, 25, 0, 255}},
             {"rgb(127.5,0,0)", {128, 0, 0, 255}},
             {"rgba(255,0,0,0.5)", {255, 0, 0, 128}},
             {"rgba(255,0,0,.5)", {255, 0, 0, 128}},
             {"rgb(255,0,0,50%)", {255, 0, 0, 128}},
             {"rgb(255 0 0 / 50%)", {255, 0, 0, 128}},
             {"rgb(255 0 0/25%)", {255, 0, 0, 64}},
             {"rgb(1 2 3 / 9)", {1, 2, 3, 255}},
             {"rgb(1 2 3 / -1)", {1, 2, 3, 0}},
             {"rgb(1 2 3 / none)", {1, 2, 3, 0}},
             {"rgb(1,2,3,2)", {1, 2, 3, 255}},
             {"hsl(120 100% 25%)", {0, 128, 0, 255}},
             {"hsl(120 100 25)", {0, 128, 0, 255}},
             {"hsl(120deg,100%,25%)", {0, 128, 0, 255}},
             {"hsla(60,100%,50%,.5)", {255, 255, 0, 128}},
             {"hsl(60 100%50%)", {255, 255, 0, 255}},
             {"hsl(60DEG 100% 50%/50%)", {255, 255, 0, 128}},
             {"hsl(0.5turn 50% 50%)", {64, 191, 191, 255}},
             {"hsl(200grad 50% 50%)", {64, 191, 191, 255}},
             {"hsl(3.14159265rad 50% 50%)", {64, 191, 191, 255}},
             {"hsl(-60 50% 50%)", {191, 64, 191, 255}},
             {"hsl(780 50% 50%)", {191, 191, 64, 255}},
             {"hsl(60 150% 50%)", {255, 255, 0, 255}},
             {"hsl(60 50% 120%)", {255, 255, 255, 255}},
             {"hsl(60 -10% 50%)", {128, 128, 128, 255}},
             {"hsl(none 100% 50%)", {255, 0, 0, 255}},
             {"hwb(90 10% 10%)", {128, 230, 26, 255}},
             {"hwb(90 10 10)", {128, 230, 26, 255}},
             {"hwb(90 60% 60%)", {128, 128, 128, 255}},
             {"hwb(90 80% 60% / 0.5)", {145, 145, 145, 128}},
             {"hwb(0 -50% 0%)", {255, 0, 0, 255}},
             {"hwb(0 150% -50%)", {255, 255, 255, 255}},
         })) {
        expectNear(row.text, row.colour);
    }
}

TEST(Colours, cssAcceptsOtherSpacesAndClipsThem) {
    for (const CssColour& row : std::to_array<CssColour>({
             {"lab(29.2345 39.3825 20.0664)", {125, 35, 41, 255}},
             {"lab(52.2345% 40.1645% 59.9971%)", {211, 81, 0, 255}},
             {"lab(150 0 0)", {255, 255, 255, 255}},
             {"lab(100 100 50)", {255, 148, 166, 255}},
             {"lab(none 0 0)", {0, 0, 0, 255}},
             {"lch(52.2345 72.2 56.2)", {198, 93, 6, 255}},
             {"lch(29.69% 45.553% 327.1)", {129, 0, 129, 255}},
             {"lch(50 200 30)", {255, 0, 3, 255}},
             {"lch(50 -20 30)", {119, 119, 119, 255}},
             {"lch(50 20% 90grad)", {139, 115, 68, 255}},
             {"oklab(40.1% 0.1143 0.045)", {125, 36, 41, 255}},
             {"oklab(0.65125 -0.0320 0.1274)", {157, 147, 24, 255}},
             {"oklab(0.7 100% 0%)", {255, 0, 148, 255}},
             {"oklab(2 0 0)", {255, 255, 255, 255}},
             {"oklch(59.686% 0.15619 49.7694)", {198, 93, 6, 255}},
             {"oklch(0.7 50% 150deg)", {0, 191, 84, 255}},
             {"oklch(0.9 0.4 140 / 20%)", {0, 255, 0, 51}},
             {"color(srgb 1 0 0)", {255, 0, 0, 255}},
             {"color(SRGB 50% 0.25 none)", {128, 64, 0, 255}},
             {"color(srgb 1.5 -1 0.5 / 0.5)", {255, 0, 128, 128}},
             {"color(srgb-linear 0.5 0.25 0.1)", {188, 137, 89, 255}},
             {"color(display-p3 0.43313 0.50108 0.37950)", {106, 128, 93, 255}},
             {"color(display-p3 0 1 0)", {0, 255, 0, 255}},
             {"color(display-p3-linear 0.5 0.2 0.1)", {198, 120, 82, 255}},
             {"color(a98-rgb 0.44091 0.49971 0.37408)", {106, 128, 93, 255}},
             {"color(prophoto-rgb 0.36589 0.41717 0.31333)", {106, 128, 94, 255}},
             {"color(rec2020 0.42210 0.47580 0.35605)", {114, 135, 101, 255}},
             {"color(rec2020 0.02 0.04 0.03)", {5, 25, 19, 255}},
             {"color(xyz 0.14798 0.18115 0.12)", {105, 124, 88, 255}},
             {"color(xyz-d65 0.21661 0.14602 0.59452)", {118, 84, 205, 255}},
             {"color(xyz-d50 0.2005 0.14089 0.4472)", {118, 84, 205, 255}},
             {"color(xyz-d50 0.9643 1 0.8251)", {255, 255, 255, 255}},
         })) {
        expectNear(row.text, row.colour);
    }
}

TEST(Colours, cssRefusesEverythingElse) {
    for (const auto* text : {"",
                             "#",
                             "#f",
                             "#ff",
                             "#fffff",
                             "#fffffff",
                             "#fffffffff",
                             "#ggg",
                             "ff0000",
                             "%23ff0000",
                             "currentcolor",
                             "canvas",
                             "none",
                             "rgb",
                             "rgb(",
                             "rgb()",
                             "()",
                             "(1,2,3)",
                             "rgb(1,2)",
                             "rgb(1,2,3",
                             "rgb(1,2,3))",
                             "rgb((1,2,3))",
                             "rgb (1,2,3)",
                             " rgb(1,2,3)",
                             "rgb(1,2,3,4,5)",
                             "rgb(1%,2,3)",
                             "rgb(1,2,3,none)",
                             "rgb(none,2,3)",
                             "rgb(1 2)",
                             "rgb(1 2 3 4)",
                             "rgba(1 2 3 4 5)",
                             "rgba(1 2 3 4 / 5)",
                             "rgb(1 2 3 /)",
                             "rgb(/ 1 2 3)",
                             "rgb(1 / 2 3)",
                             "rgb(1,,2)",
                             "rgb(,1,2,3)",
                             "rgb(1 2, 3)",
                             "rgb(1,2,3,)",
                             "rgb(1,2,3 4)",
                             "rgb(1,2,3 / 1)",
                             "rgb(1 2 3 / 1 / 1)",
                             "rgb(1 2 3 / 90deg)",
                             "rgb(1,2,3)x",
                             "rgb(e,2,3)",
                             "rgb(1. 2 3)",
                             "rgb(- 2 3)",
                             "rgb(.e1 2 3)",
                             "rgb(1px 2 3)",
                             "rgb(1e 2 3)",
                             "rgb(1e+ 2 3)",
                             "rgb(0x10 2 3)",
                             "rgb(10deg 1 1)",
                             "rgb(1 2 3%%)",
                             "rgb(nan 0 0)",
                             "rgb(inf 0 0)",
                             "rgb(infinity 0 0)",
                             "rgb(-inf,0,0)",
                             "rgb(calc(1) 0 0)",
                             "rgb(from red r g b)",
                             "rgb(1/**/2 3)",
                             "hsl(0,0,0)",
                             "hsl(1,2,3)",
                             "hsl(none,1%,2%)",
                             "hsl(10% 1% 1%)",
                             "hsl(1 90deg 1%)",
                             "hsl(60 100% 50% 50%)",
                             "hwb(90,10%,10%)",
                             "lab(50,1,1)",
                             "lab(50 1deg 1)",
                             "lch(50 1 1%)",
                             "oklch(50,1,1)",
                             "hsv(1 2% 3%)",
                             "cmyk(1 2 3)",
                             "device-cmyk(0 81% 81% 30%)",
                             "color(srgb 1 0)",
                             "color(srgb 1 0 0 0)",
                             "color(srgb,1,0,0)",
                             "color(srgb 1, 0, 0)",
                             "color(1 0 0)",
                             "color()",
                             "color(--mine 1 0 0)",
                             "color(foo 1 0 0)",
                             "color(srgb 1deg 0 0)",
                             "color-mix(in srgb, red, blue)",
                             "light-dark(red, blue)"}) {
        EXPECT_FALSE(cssColour(text)) << text;
    }
}

TEST(Colours, cssTextsHaveAMaxLength) {
    for (const auto& text :
         {"rgb(" + std::string(10000, ',') + ")", "rgb(" + std::string(10000, '(') + ")",
          std::string(10000, '('), "rgb(1 2 " + std::string(10000, '3') + ")",
          "rgb(" + std::string(10000, ' ') + "1 2 3)",
          "color(" + std::string(10000, 'a') + " 1 2 3)"}) {
        EXPECT_FALSE(cssColour(text));
    }
    EXPECT_EQ(cssColour("rgb(255 0 " + std::string(200, '0') + ")"), red);
}

// Numbers outside the range of a double are 0 or the largest value; infinite hues are 0, as in
// Chromium.
TEST(Colours, cssAcceptsNumbersOfAnySize) {
    EXPECT_EQ(cssColour("rgb(1e999 -1e999 1e-999)"), red);
    EXPECT_EQ(cssColour("hsl(1e999deg 100% 50%)"), red);
    EXPECT_EQ(cssColour("hsl(-1e999rad 100% 50%)"), red);
    EXPECT_EQ(cssColour("hsl(1e308turn 0% 0%)"), (Colour{0, 0, 0, 255}));
    for (const std::string function :
         {"rgb", "rgba", "hsl", "hwb", "lab", "lch", "oklab", "oklch", "color(srgb",
          "color(srgb-linear", "color(display-p3", "color(display-p3-linear", "color(a98-rgb",
          "color(prophoto-rgb", "color(rec2020", "color(xyz", "color(xyz-d50", "color(xyz-d65"}) {
        const std::string open = function.starts_with("color(") ? function + ' ' : function + '(';
        for (const std::string number : {"1e308", "-1e308", "1e999", "-1e999", "1e-999", "-0",
                                         "0e9", "1e99999999999999999999", "none"}) {
            const std::string text =
                open + number + ' ' + number + ' ' + number + " / " + number + ')';
            EXPECT_TRUE(cssColour(text)) << text;
        }
    }
}

TEST(Colours, imagekitCountsOpacityInHundredths) {
    EXPECT_EQ(imagekitColour("FF0000"), red);
    EXPECT_EQ(imagekitColour("ff0000"), red);
    EXPECT_EQ(imagekitColour("FF000000"), (Colour{255, 0, 0, 0}));
    EXPECT_EQ(imagekitColour("FF000050"), (Colour{255, 0, 0, 128}));
    EXPECT_EQ(imagekitColour("FF000099"), (Colour{255, 0, 0, 252}));
    EXPECT_EQ(imagekitColour("red"), red);
    EXPECT_EQ(imagekitColour("darkblue"), (Colour{0, 0, 139, 255}));
}

TEST(Colours, imagekitRefusesEverythingElse) {
    for (const auto* text : {"", "F00", "#FF0000", "FF00000", "FF0000AA", "FF00001", "FF0000100",
                             "GG0000", "blurred", "dominant", "rgb(1,2,3)", "FF0000-1"}) {
        EXPECT_FALSE(imagekitColour(text)) << text;
    }
}

}  // namespace
}  // namespace private_image
