// Borders by their colour and what they do to the size.
#include "render/steps/border.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class BorderStep : public pictures::Test {};

TEST_F(BorderStep, TheImageGrowsOnEachSide) {
    const Decoded out = pixelsOf(withBorder(paint(20, 10, 3, plain(red)), 5, blue));
    EXPECT_EQ(out.size, (Size{30, 20}));
    EXPECT_EQ(out.bands, 3);
    EXPECT_EQ(out.at(4, 10), blue);
    EXPECT_EQ(out.at(5, 5), red);
    EXPECT_EQ(out.at(24, 14), red);
    EXPECT_EQ(out.at(25, 14), blue);
    EXPECT_EQ(out.at(29, 19), blue);
}

TEST_F(BorderStep, ATranslucentBorderAddsAlpha) {
    const Decoded out = pixelsOf(withBorder(paint(8, 8, 3, plain(red)), 2, {0, 0, 255, 100}));
    EXPECT_EQ(out.at(0, 0), (Colour{0, 0, 255, 100}));
    EXPECT_EQ(out.at(4, 4), red);
}

TEST_F(BorderStep, GreyStaysGreyInGrey) {
    EXPECT_EQ(pixelsOf(withBorder(paint(8, 8, 1, plain(white)), 2, black)).bands, 1);
    const Decoded coloured = pixelsOf(withBorder(paint(8, 8, 2, plain(white)), 2, red));
    EXPECT_EQ(coloured.at(0, 0), red);
    EXPECT_EQ(coloured.at(4, 4), white);
}

TEST_F(BorderStep, NoneIsNone) {
    EXPECT_EQ(pixelsOf(withBorder(paint(8, 8, 3, plain(red)), 0, blue)).size, (Size{8, 8}));
}

TEST_F(BorderStep, IsTheCommandsEmbed) {
    const Image image = photograph(40, 30, 3);
    const Decoded theirs =
        byCommand("embed", image, "7 7 54 44 --extend background --background '10 200 30'");
    EXPECT_GE(psnr(pixelsOf(withBorder(image, 7, {10, 200, 30})), theirs), 40);
}

}  // namespace
}  // namespace private_image
