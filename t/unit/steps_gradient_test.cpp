// Gradients by their colours along the line.
#include "render/steps/gradient.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class GradientStep : public pictures::Test {};

Image sheet(int bands = 3, Colour colour = black) {
    return paint(100, 50, bands, plain(colour));
}

TEST_F(GradientStep, RunsToItsDirection) {
    const auto laid = [](double degrees) {
        return pixelsOf(layGradient(sheet(), {degrees, white, black, {}}, 1));
    };
    // A pixel's middle lies half a pixel behind its edge: 1 of 50 rows is 5 of 255.
    expectNear(laid(180).at(50, 0), white, 3, "half a row");
    expectNear(laid(180).at(50, 49), black, 3);
    expectNear(laid(0).at(50, 0), black, 3);
    expectNear(laid(0).at(50, 49), white, 3);
    expectNear(laid(90).at(0, 25), white, 2);
    expectNear(laid(90).at(99, 25), black, 2);
    expectNear(laid(270).at(99, 25), white, 2);
    expectNear(laid(180).at(50, 25), grey, 4);
    expectNear(laid(135).at(0, 0), white, 3);
    expectNear(laid(135).at(99, 49), black, 3);
}

TEST_F(GradientStep, StopsAtAFractionOrAtPixels) {
    const Decoded half = pixelsOf(layGradient(sheet(), {90, white, red, {}}, 0.5));
    expectNear(half.at(25, 10), {255, 128, 128}, 3, "half a column");
    EXPECT_EQ(half.at(51, 10), red);
    EXPECT_EQ(half.at(99, 10), red);
    const Decoded pixels = pixelsOf(layGradient(sheet(), {90, white, red, {}}, 20));
    expectNear(pixels.at(10, 10), {255, 121, 121}, 3);
    EXPECT_EQ(pixels.at(20, 10), red);
}

TEST_F(GradientStep, TheDefaultFadesWithoutDarkening) {
    const Decoded out = pixelsOf(layGradient(sheet(3, red), Gradient{}, 1));
    expectNear(out.at(5, 0), white, 6, "half a row of the way to red");
    expectNear(out.at(5, 25), {255, 125, 125}, 4);
    for (int y = 0; y < 50; ++y) {
        EXPECT_EQ(out.at(5, y).red, 255);
    }
}

TEST_F(GradientStep, FillsAnEmptyBlock) {
    const Decoded out = pixelsOf(layGradient(sheet(4, clear), Gradient{}, 1));
    expectNear(out.at(5, 0), {255, 255, 255, 252}, 2, "half a row");
    expectNear(out.at(5, 25), {255, 255, 255, 125}, 3);
}

TEST_F(GradientStep, GreyStaysGreyUnderGreys) {
    EXPECT_EQ(pixelsOf(layGradient(sheet(1), Gradient{}, 1)).bands, 1);
    EXPECT_EQ(pixelsOf(layGradient(sheet(1), {0, red, white, {}}, 1)).bands, 3);
}

TEST_F(GradientStep, ATinyStopIsAllSecondColour) {
    EXPECT_EQ(pixelsOf(layGradient(sheet(), {90, white, red, {}}, 1e-300)).at(0, 0), red);
}

}  // namespace
}  // namespace private_image
