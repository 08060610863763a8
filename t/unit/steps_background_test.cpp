// Backgrounds below transparent images and in padding.
#include "render/steps/background.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class BackgroundStep : public pictures::Test {};

Background ofKind(Background::Kind kind) {
    Background background;
    background.kind = kind;
    return background;
}

// Draws all frames on one backdrop.
std::vector<Decoded> laid(const std::vector<Image>& frames, const Background& background,
                          Rectangle placed, Size canvas) {
    const auto backdrop = makeBackdrop(frames, background, canvas, patient());
    EXPECT_TRUE(backdrop);
    std::vector<Decoded> pictures;
    for (const Image& frame : frames) {
        pictures.push_back(
            pixelsOf(backdrop ? drawOnBackdrop(frame, *backdrop, placed, canvas) : Image()));
    }
    return pictures;
}

// An image of 40x20 in the middle of a canvas of 80x20.
Decoded padded(const Image& image, const Background& background) {
    return laid({image}, background, {20, 0, 40, 20}, {80, 20}).front();
}

Decoded under(const Image& image, Background::Kind kind) {
    const Size size = image.size();
    return laid({image}, ofKind(kind), {0, 0, size.width, size.height}, size).front();
}

TEST_F(BackgroundStep, AnOpaqueColourMakesTheImageOpaque) {
    const Decoded out = pixelsOf(drawOn(paint(4, 4, 4, plain({255, 0, 0, 128})), blue));
    EXPECT_EQ(out.bands, 3);
    expectNear(out.at(0, 0), {128, 0, 127}, 1, "halves round either way");
    EXPECT_EQ(pixelsOf(drawOn(paint(4, 4, 2, plain(clear)), white)).bands, 1);
    EXPECT_EQ(pixelsOf(drawOn(paint(4, 4, 2, plain(clear)), red)).at(0, 0), red);
}

TEST_F(BackgroundStep, ATranslucentColourIsComposited) {
    const Decoded out = pixelsOf(drawOn(paint(4, 4, 4, plain({255, 0, 0, 128})), {0, 0, 255, 128}));
    // 0.502 + 0.502 * 0.498 = 0.752, of which red has 0.668.
    expectNear(out.at(0, 0), {170, 0, 85, 192}, 1, "rounding");
    EXPECT_EQ(pixelsOf(drawOn(paint(4, 4, 4, plain({9, 9, 9, 0})), clear)).at(0, 0).alpha, 0);
}

TEST_F(BackgroundStep, AColourEqualsTheVipsFlatten) {
    const Image image = photograph(60, 40, 4);
    const Decoded theirs = byCommand("flatten", image, "--background '10 60 200'");
    EXPECT_GE(psnr(pixelsOf(drawOn(image, {10, 60, 200})), theirs), 40);
}

TEST_F(BackgroundStep, PaddingShowsAColour) {
    const Image image = paint(40, 20, 3, plain(red));
    Background background = ofKind(Background::Kind::colour);
    background.colour = blue;
    EXPECT_EQ(padded(image, background).at(0, 0), blue);
    EXPECT_EQ(padded(image, background).at(20, 0), red);
    background.colour = clear;
    EXPECT_EQ(padded(image, background).at(0, 0).alpha, 0);
}

TEST_F(BackgroundStep, PaddingShowsTheDominantColour) {
    const Image image = paint(40, 20, 3, [](int x, int) { return x < 30 ? green : red; });
    const Decoded out = padded(image, ofKind(Background::Kind::dominant));
    EXPECT_EQ(out.bands, 3);
    EXPECT_EQ(out.at(0, 0), green);
    EXPECT_EQ(out.at(79, 19), green);
    EXPECT_EQ(out.at(59, 5), red);
}

TEST_F(BackgroundStep, PaddingShowsAGradientOfDominantColours) {
    const Image image = paint(40, 20, 3, quadrants(40, 20));
    Background background = ofKind(Background::Kind::gradient);
    const Decoded two =
        padded(paint(40, 20, 3, [](int x, int) { return x < 30 ? green : red; }), background);
    expectNear(two.at(0, 10), green, 4, "half a column");
    expectNear(two.at(79, 10), red, 4);
    EXPECT_EQ(two.at(20, 10), green);
    background.shades = 4;
    const Decoded four = padded(image, background);
    EXPECT_EQ(four.at(21, 1), red);
    const Colour corners[] = {four.at(0, 0), four.at(79, 0), four.at(79, 19), four.at(0, 19)};
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < i; ++j) {
            EXPECT_NE(corners[i], corners[j]);
        }
    }
}

TEST_F(BackgroundStep, PaddingShowsTheBlurredImage) {
    const Image image = paint(40, 20, 3, [](int x, int) { return x < 20 ? red : blue; });
    Background background = ofKind(Background::Kind::blurred);
    background.blur = 10;
    const Decoded out = padded(image, background);
    EXPECT_EQ(out.size, (Size{80, 20}));
    expectNear(out.at(0, 10), red, 4, "far from the edge between both halves");
    expectNear(out.at(79, 10), blue, 4);
    EXPECT_EQ(out.at(39, 10), red);
    EXPECT_EQ(out.at(40, 10), blue);
    background.brightness = -100;
    expectNear(padded(image, background).at(0, 10), {155, 0, 0}, 4);
    EXPECT_EQ(padded(image, background).at(30, 10), red);
    background.blur.reset();
    background.brightness = 255;
    EXPECT_EQ(padded(image, background).at(0, 10), white);
}

TEST_F(BackgroundStep, ABlurredBackgroundMakesTheImageOpaque) {
    const Image image = paint(40, 20, 4, [](int x, int) { return x < 20 ? red : clear; });
    const Decoded out = under(image, Background::Kind::blurred);
    EXPECT_EQ(out.bands, 3);
    EXPECT_EQ(out.at(5, 5), red);
    expectNear(out.at(39, 5), black, 4, "nothing of the image reaches that far");
    EXPECT_EQ(under(image, Background::Kind::dominant).at(30, 5), red);
}

TEST_F(BackgroundStep, PaddingIsDrawnBelowATransparentImage) {
    const Image image = paint(40, 20, 4, [](int x, int) { return x < 20 ? red : clear; });
    for (auto kind :
         {Background::Kind::blurred, Background::Kind::gradient, Background::Kind::dominant}) {
        const Decoded out = padded(image, ofKind(kind));
        EXPECT_EQ(out.bands, 3);
        EXPECT_EQ(out.at(25, 5), red);
    }
}

// The left half never changes; the right half is green in one frame and blue in two.
TEST_F(BackgroundStep, AnAnimationHasOneBackdrop) {
    const auto frame = [](Colour right) {
        return paint(40, 20, 3, [=](int x, int) { return x < 18 ? red : right; });
    };
    const std::vector<Image> frames{frame(green), frame(blue), frame(blue)};
    for (auto kind :
         {Background::Kind::dominant, Background::Kind::gradient, Background::Kind::blurred}) {
        const auto out = laid(frames, ofKind(kind), {20, 0, 40, 20}, {80, 20});
        for (int x : {0, 5, 19, 60, 79}) {
            EXPECT_EQ(out[0].at(x, 10), out[1].at(x, 10)) << int(kind) << " at " << x;
            EXPECT_EQ(out[0].at(x, 10), out[2].at(x, 10)) << int(kind) << " at " << x;
        }
        EXPECT_EQ(out[0].at(50, 10), green);
        EXPECT_EQ(out[1].at(50, 10), blue);
    }
    EXPECT_EQ(
        laid(frames, ofKind(Background::Kind::dominant), {20, 0, 40, 20}, {80, 20})[0].at(0, 0),
        red)
        << "of all frames together, where one alone shows more green";
    Background blurred = ofKind(Background::Kind::blurred);
    blurred.blur = 0;
    expectNear(laid(frames, blurred, {20, 0, 40, 20}, {80, 20})[0].at(75, 10), {0, 85, 170}, 1,
               "the mean of all frames, rounded");
}

TEST_F(BackgroundStep, TheMeanOfManyFramesUsesOnlySomeOfThem) {
    const std::vector<Image> frames(100, paint(8, 8, 4, plain({200, 100, 50, 128})));
    Background blurred = ofKind(Background::Kind::blurred);
    const auto out = laid(frames, blurred, {4, 0, 8, 8}, {16, 8});
    expectNear(out[99].at(0, 4), {100, 50, 25}, 1, "half on black, rounded");
}

TEST_F(BackgroundStep, GreyImagesGetGreyBackgrounds) {
    const Image image = paint(40, 20, 1, [](int x, int) { return x < 30 ? white : black; });
    EXPECT_EQ(padded(image, ofKind(Background::Kind::dominant)).at(0, 0), white);
    EXPECT_EQ(padded(image, ofKind(Background::Kind::blurred)).bands, 1);
    const Decoded shaded = padded(image, ofKind(Background::Kind::gradient));
    expectNear(shaded.at(0, 5), white, 4, "half a column");
    EXPECT_EQ(shaded.at(52, 5), black);
}

}  // namespace
}  // namespace private_image
