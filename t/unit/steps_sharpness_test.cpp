// Compares edges before and after sharpening and blurring.
#include "render/steps/sharpness.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Sharpness : public pictures::Test {};

Image edge(int bands, Colour left = {100, 100, 100}, Colour right = {160, 160, 160}) {
    return paint(60, 40, bands, [=](int x, int) { return x < 30 ? left : right; });
}

int step(const Decoded& decoded) {
    return decoded.at(30, 20).red - decoded.at(29, 20).red;
}

TEST_F(Sharpness, SharpeningSteepensEdgesAndLeavesFlatAreas) {
    for (int bands : {1, 2, 3, 4}) {
        const Decoded one = pixelsOf(sharpen(edge(bands), 1, patient()));
        const Decoded ten = pixelsOf(sharpen(edge(bands), 10, patient()));
        EXPECT_EQ(one.bands, bands);
        EXPECT_GT(step(one), 60);
        EXPECT_GT(step(ten), step(one));
        expectNear(ten.at(5, 20), {100, 100, 100}, 1, "a round trip through Lab");
        expectNear(ten.at(55, 20), {160, 160, 160}, 1);
    }
}

TEST_F(Sharpness, SharpeningEqualsTheVipsCommand) {
    const Image image = photograph(120, 90, 3);
    const Decoded theirs = byCommand("sharpen", image, "--sigma 0.8 --m1 0 --m2 2 --y2 10 --y3 20");
    EXPECT_GE(psnr(pixelsOf(sharpen(image, 1, patient())), theirs), 40);
}

TEST_F(Sharpness, HiddenColoursCastNoHalo) {
    const Image image = paint(60, 40, 4, [](int x, int) {
        return x < 30 ? Colour{0, 0, 0, 0} : Colour{150, 150, 150};
    });
    const Decoded sharp = pixelsOf(sharpen(image, 10, patient()));
    const Decoded masked = pixelsOf(unsharpMask(image, {3, 3, 5, 0}, patient()));
    for (int x = 30; x < 60; ++x) {
        expectNear(sharp.at(x, 20), {150, 150, 150}, 1, "a round trip through Lab");
        expectNear(masked.at(x, 20), {150, 150, 150}, 5, "five times a rounding");
    }
    EXPECT_EQ(sharp.at(29, 20).alpha, 0);
    EXPECT_EQ(masked.at(29, 20).alpha, 0);
}

TEST_F(Sharpness, AnUnsharpMaskAddsTheDifference) {
    const Image image = edge(3);
    const Decoded before = pixelsOf(image);
    const Decoded soft = pixelsOf(blur(image, 4, patient()));
    const Decoded sharp = pixelsOf(unsharpMask(image, {10, 2, 0.5, 0}, patient()));
    for (int x = 20; x < 40; ++x) {
        const double expected = before.at(x, 20).red * 1.5 - soft.at(x, 20).red * 0.5;
        EXPECT_NEAR(sharp.at(x, 20).red, expected, 1) << "a half may round up or down, at " << x;
    }
}

TEST_F(Sharpness, SmallDifferencesAreBelowTheThreshold) {
    const Image image = edge(1);
    const Decoded kept = pixelsOf(unsharpMask(image, {2, 2, 5, 1}, patient()));
    EXPECT_EQ(psnr(kept, pixelsOf(image)), std::numeric_limits<double>::infinity());
    EXPECT_GT(step(pixelsOf(unsharpMask(image, {2, 2, 0.8, 0.024}, patient()))), 60);
}

TEST_F(Sharpness, TheRadiusTruncatesTheMask) {
    const Image image = edge(1);
    const Decoded narrow = pixelsOf(unsharpMask(image, {1, 50, 1, 0}, patient()));
    EXPECT_EQ(narrow.at(24, 20).red, 100);
    const Decoded wide = pixelsOf(unsharpMask(image, {100, 50, 1, 0}, patient()));
    EXPECT_LT(wide.at(20, 20).red, 100);
    EXPECT_EQ(step(pixelsOf(unsharpMask(image, {0.1, 0.01, 100, 0}, patient()))), 60);
}

TEST_F(Sharpness, BlurEqualsTheVipsGaussian) {
    const Image image = photograph(160, 120, 3);
    const Decoded theirs = byCommand("gaussblur", image, "5");
    EXPECT_GE(psnr(pixelsOf(blur(image, 10, patient())), theirs), 40);
    EXPECT_EQ(psnr(pixelsOf(blur(image, 0, patient())), pixelsOf(image)),
              std::numeric_limits<double>::infinity());
}

TEST_F(Sharpness, AWideBlurApproximatesTheGaussian) {
    const Image image = photograph(400, 300, 1);
    const Decoded theirs = byCommand("gaussblur", image, "20");
    EXPECT_GE(psnr(pixelsOf(blur(image, 40, patient())), theirs), 40);
    EXPECT_EQ(pixelsOf(blur(paint(3, 2, 3, plain(red)), 250, patient())).at(1, 1), red);
}

TEST_F(Sharpness, BlurMixesNoHiddenColour) {
    const Image image = paint(60, 40, 4, [](int x, int) {
        return x < 30 ? Colour{0, 255, 0, 0} : red;
    });
    const Decoded out = pixelsOf(blur(image, 8, patient()));
    expectNear(out.at(31, 20), {255, 0, 0, out.at(31, 20).alpha}, 2,
               "dividing by a small alpha magnifies rounding");
    EXPECT_NEAR(out.at(30, 20).alpha, 140, 12) << "about half at the edge";
}

}  // namespace
}  // namespace private_image
