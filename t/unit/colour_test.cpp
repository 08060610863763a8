// Colours as the dialects write them.
#include "transform/colour.hpp"

#include <gtest/gtest.h>

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

TEST(Colours, otherNamesAreNone) {
    for (const auto* text : {"", "re", "redd", "aaa", "zzz", "#red", " red", "none"}) {
        EXPECT_FALSE(namedColour(text)) << text;
    }
    EXPECT_FALSE(namedColour(std::string(10000, 'a')));
}

TEST(Colours, cssTakesHexOfEveryLength) {
    EXPECT_EQ(cssColour("#f00"), red);
    EXPECT_EQ(cssColour("#f008"), (Colour{255, 0, 0, 0x88}));
    EXPECT_EQ(cssColour("#FF0000"), red);
    EXPECT_EQ(cssColour("#ff000080"), (Colour{255, 0, 0, 128}));
}

TEST(Colours, cssTakesFunctions) {
    EXPECT_EQ(cssColour("rgb(255,0,0)"), red);
    EXPECT_EQ(cssColour("rgb(255, 0, 0)"), red);
    EXPECT_EQ(cssColour("RGB(255 0 0)"), red);
    EXPECT_EQ(cssColour("rgb( 100%  0% 0% )"), red);
    EXPECT_EQ(cssColour("rgba(255,0,0,0.5)"), (Colour{255, 0, 0, 128}));
    EXPECT_EQ(cssColour("rgba(255,0,0,.5)"), (Colour{255, 0, 0, 128}));
    EXPECT_EQ(cssColour("rgb(255 0 0 / 50%)"), (Colour{255, 0, 0, 128}));
    EXPECT_EQ(cssColour("rgba(0,0,0,0)"), (Colour{0, 0, 0, 0}));
    EXPECT_EQ(cssColour("rgb(127.5,0,0)"), (Colour{128, 0, 0, 255}));
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
                             "rgb",
                             "rgb(",
                             "rgb()",
                             "rgb(1,2)",
                             "rgb(1,2,3",
                             "rgb(1,2,3,4,5)",
                             "rgb(256,0,0)",
                             "rgb(101%,0,0)",
                             "rgb(-1,0,0)",
                             "rgb(1,2,3,2)",
                             "rgb(1 2)",
                             "rgb(1 2 3 4)",
                             "rgb(1 2 3 /)",
                             "rgb(1,,2)",
                             "rgb(1,2,3 4)",
                             "hsl(0,0,0)",
                             "rgb(1,2,3)x",
                             "rgb(e,2,3)",
                             "rgb(1 2 3 / 1 / 1)",
                             "rgb(nan,0,0)",
                             "rgb(1e2,0,0)"}) {
        EXPECT_FALSE(cssColour(text)) << text;
    }
    EXPECT_FALSE(cssColour("rgb(" + std::string(10000, ',') + ")"));
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
