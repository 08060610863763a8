// Shadows by where they fall.
#include "render/steps/shadow.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class ShadowStep : public pictures::Test {};

Image block() {
    return paint(100, 100, 4, [](int x, int y) {
        return x >= 30 && x < 60 && y >= 30 && y < 60 ? red : Colour{0, 255, 0, 0};
    });
}

TEST_F(ShadowStep, FallsWhereItIsMoved) {
    const Decoded out = pixelsOf(withShadow(block(), {0, 40, 10, 20}, patient()));
    EXPECT_EQ(out.size, (Size{100, 100}));
    EXPECT_EQ(out.at(45, 45), red);
    EXPECT_EQ(out.at(65, 75), (Colour{0, 0, 0, 102}));  // 40 percent of 255
    EXPECT_EQ(out.at(39, 75).alpha, 0);
    EXPECT_EQ(out.at(70, 75).alpha, 0);
    EXPECT_EQ(out.at(20, 20).alpha, 0);
}

TEST_F(ShadowStep, NegativeOffsetsGoToTheLeftAndUp) {
    const Decoded out = pixelsOf(withShadow(block(), {0, 100, -10, -20}, patient()));
    EXPECT_EQ(out.at(25, 15), black);
    EXPECT_EQ(out.at(62, 62).alpha, 0);
}

TEST_F(ShadowStep, BlurSoftensIt) {
    const Decoded out = pixelsOf(withShadow(block(), {5, 100, 0, 0}, patient()));
    EXPECT_NEAR(out.at(60, 45).alpha, 118, 8) << "somewhat less than half beside the edge";
    EXPECT_GT(out.at(62, 45).alpha, out.at(66, 45).alpha);
    EXPECT_GT(out.at(66, 45).alpha, 0);
    EXPECT_EQ(out.at(59, 45), red);
}

TEST_F(ShadowStep, AWhollyMovedOutShadowIsNone) {
    for (double offset : {-100.0, 100.0}) {
        const Decoded out = pixelsOf(withShadow(block(), {15, 100, offset, offset}, patient()));
        EXPECT_EQ(out.at(45, 45), red);
        EXPECT_EQ(out.at(5, 5).alpha, 0);
    }
}

TEST_F(ShadowStep, OpaqueImagesShowNone) {
    const Image image = photograph(40, 30, 3);
    EXPECT_EQ(psnr(pixelsOf(withShadow(image, {}, patient())), pixelsOf(image)),
              std::numeric_limits<double>::infinity());
}

TEST_F(ShadowStep, GreyStaysGrey) {
    const Image image = paint(20, 20, 2, [](int x, int) { return x < 10 ? white : clear; });
    const Decoded out = pixelsOf(withShadow(image, {0, 100, 25, 0}, patient()));
    EXPECT_EQ(out.bands, 2);
    EXPECT_EQ(out.at(12, 5), black);
}

}  // namespace
}  // namespace private_image
