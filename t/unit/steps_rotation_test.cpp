// Rotation by where pixels go and what appears beside them.
#include "render/steps/rotation.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class RotationStep : public pictures::Test {};

Decoded turned(const Image& image, double degrees, Colour background = clear) {
    return pixelsOf(rotate(image, degrees, background, patient()));
}

TEST_F(RotationStep, QuarterTurnsChangeNoPixel) {
    const Image image = paint(40, 20, 3, quadrants(40, 20));
    const Decoded right = turned(image, 90);
    EXPECT_EQ(right.size, (Size{20, 40}));
    EXPECT_EQ(right.bands, 3);
    EXPECT_EQ(right.at(0, 0), blue);
    EXPECT_EQ(right.at(19, 0), red);
    EXPECT_EQ(right.at(19, 39), green);
    EXPECT_EQ(turned(image, -90).at(0, 0), green);
    EXPECT_EQ(turned(image, 270).at(0, 0), green);
    EXPECT_EQ(turned(image, 180).at(0, 0), yellow);
    EXPECT_EQ(turned(image, -360).at(0, 0), red);
    EXPECT_EQ(turned(image, 720).size, (Size{40, 20}));
}

TEST_F(RotationStep, OtherAnglesGrowTheCanvas) {
    for (double degrees : {1.0, 30.0, 45.0, 89.5, 133.0, -30.0, 301.0}) {
        const Decoded out = turned(photograph(160, 90, 3), degrees);
        const Size expected = rotatedSize({160, 90}, degrees);
        EXPECT_NEAR(out.size.width, expected.width, 1) << degrees;
        EXPECT_NEAR(out.size.height, expected.height, 1) << degrees;
    }
    EXPECT_EQ(rotatedSize({160, 90}, 90), (Size{90, 160}));
    EXPECT_EQ(rotatedSize({100, 100}, 45), (Size{141, 141}));
}

TEST_F(RotationStep, WhatIsFreedShowsTheBackground) {
    const Image image = paint(80, 80, 3, plain(red));
    EXPECT_EQ(turned(image, 45).at(2, 2).alpha, 0);
    EXPECT_EQ(turned(image, 45).at(56, 56), red);
    const Decoded opaque = turned(image, 45, blue);
    EXPECT_EQ(opaque.bands, 3);
    EXPECT_EQ(opaque.at(2, 2), blue);
    const Decoded half = turned(image, 45, {0, 0, 255, 128});
    expectNear(half.at(2, 2), {0, 0, 255, 128}, 1, "premultiplied and back");
    EXPECT_EQ(turned(paint(80, 80, 1, plain(white)), 45, black).bands, 1);
}

TEST_F(RotationStep, EdgesMixNoDarkness) {
    const Decoded out = turned(paint(80, 80, 3, plain(white)), 30);
    for (std::uint32_t x = 0; x < out.size.width; ++x) {
        const Colour colour = out.at(int(x), 40);
        if (colour.alpha > 8) {
            expectNear(colour, {255, 255, 255, colour.alpha}, 16, "rounding over a small alpha");
        }
    }
}

TEST_F(RotationStep, ClockwiseAsTheCommandDoesIt) {
    const Image image = photograph(120, 80, 3);
    const Decoded theirs =
        byCommand("rotate", image, "25 --interpolate bicubic --background '0 0 0'");
    EXPECT_GE(psnr(turned(image, 25, black), theirs), 40);
}

}  // namespace
}  // namespace private_image
