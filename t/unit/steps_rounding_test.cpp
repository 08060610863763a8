// Corners by what is left of them.
#include "render/steps/rounding.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class RoundingStep : public pictures::Test {};

Decoded rounded(int width, int height, Rounding rounding, int bands = 3, Colour colour = red) {
    return pixelsOf(roundCorners(paint(width, height, bands, plain(colour)), rounding));
}

TEST_F(RoundingStep, EachCornerHasItsRadius) {
    const Decoded out = rounded(100, 80, {false, {10, 20, 30, 0}});
    EXPECT_EQ(out.bands, 4);
    EXPECT_EQ(out.at(0, 0).alpha, 0);
    EXPECT_EQ(out.at(99, 0).alpha, 0);
    EXPECT_EQ(out.at(99, 79).alpha, 0);
    EXPECT_EQ(out.at(0, 79), red);
    EXPECT_EQ(out.at(4, 4), red);
    EXPECT_EQ(out.at(99 - 4, 4).alpha, 0);
    EXPECT_EQ(out.at(99 - 7, 7), red);
    EXPECT_EQ(out.at(99 - 7, 79 - 7).alpha, 0);
    EXPECT_EQ(out.at(10, 0), red);
    EXPECT_EQ(out.at(0, 10), red);
}

TEST_F(RoundingStep, TheAreaIsThatOfACircle) {
    for (int bands : {1, 2, 3, 4}) {
        const Decoded out = rounded(101, 101, {true, {}}, bands, white);
        double area = 0;
        for (int y = 0; y < 101; ++y) {
            for (int x = 0; x < 101; ++x) {
                area += out.at(x, y).alpha / 255.0;
            }
        }
        // Smooth edges: nearer to the truth than counted pixels could be.
        EXPECT_NEAR(area, 3.14159265 * 50.5 * 50.5, 8);
        EXPECT_EQ(out.bands, bands < 3 ? 2 : 4);
    }
}

TEST_F(RoundingStep, MaximalIsAPillOnOblongImages) {
    const Decoded out = rounded(200, 40, {true, {}});
    EXPECT_EQ(out.at(0, 0).alpha, 0);
    expectNear(out.at(0, 20), red, 3, "the arc leaves a hair of the pixel at its apex");
    expectNear(out.at(20, 0), red, 3);
    EXPECT_EQ(out.at(100, 0), red);
}

TEST_F(RoundingStep, RadiiBeyondTheSidesShrinkTogether) {
    const Decoded out = rounded(40, 40, {false, {65535, 65535, 65535, 65535}});
    EXPECT_EQ(out.at(0, 0).alpha, 0);
    EXPECT_EQ(out.at(20, 20), red);
    expectNear(out.at(20, 0), red, 3, "the arc leaves a hair of the pixel at its apex");
    EXPECT_EQ(rounded(1, 1, {true, {}}).at(0, 0).red, 255);
}

TEST_F(RoundingStep, WhatWasTransparentStaysSo) {
    EXPECT_EQ(rounded(20, 20, {false, {5, 5, 5, 5}}, 4, {255, 0, 0, 60}).at(10, 10).alpha, 60);
}

}  // namespace
}  // namespace private_image
