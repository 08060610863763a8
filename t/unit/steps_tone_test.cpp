// Tones and colours, compared with known pixels and with the vips command.
#include "render/steps/tone.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Tone : public pictures::Test {};

// One pixel's colour after an operation.
template <typename Operation>
Colour after(Colour colour, Operation operation, int bands = 3) {
    return pixelsOf(operation(paint(4, 4, bands, plain(colour)))).at(1, 1);
}

Colour levelled(Colour colour, Levels levels) {
    return after(colour, [&](const Image& image) { return adjustLevels(image, levels); });
}

Image stretched(const Image& image) {
    return adjustLevels(image,
                        fullContrast(std::vector<Image>{image}, patient()).value_or(Levels{}));
}

TEST_F(Tone, GrayscaleEqualsTheVipsCommand) {
    for (int bands : {3, 4}) {
        const Image image = photograph(120, 80, bands);
        const Decoded ours = pixelsOf(grayscale(image));
        EXPECT_EQ(ours.bands, bands - 2);
        EXPECT_GE(psnr(ours, byCommand("colourspace", image, "b-w")), 40);
    }
    EXPECT_EQ(after({70, 70, 70}, grayscale), (Colour{70, 70, 70}));
    EXPECT_EQ(after({70, 0, 0, 90}, grayscale, 2), (Colour{70, 70, 70, 90}));
}

TEST_F(Tone, ContrastIsStretchedToTheFullRange) {
    const Image slope = paint(101, 4, 3, [](int x, int) {
        const auto value = static_cast<std::uint8_t>(80 + x);
        return Colour{value, value, value};
    });
    const Decoded out = pixelsOf(stretched(slope));
    EXPECT_EQ(out.at(0, 0), black);
    EXPECT_EQ(out.at(100, 0), white);
    expectNear(out.at(50, 0), {128, 128, 128}, 1, "halves round either way");
}

TEST_F(Tone, HiddenPixelsDoNotAffectTheStretch) {
    const Image image = paint(3, 1, 4, [](int x, int) {
        const Colour colours[] = {{100, 100, 100, 255}, {150, 150, 150, 255}, {0, 0, 0, 0}};
        return colours[x];
    });
    const Decoded out = pixelsOf(stretched(image));
    EXPECT_EQ(out.at(0, 0), black);
    EXPECT_EQ(out.at(1, 0), white);
    EXPECT_EQ(out.at(2, 0).alpha, 0);
}

TEST_F(Tone, APlainImageHasNoContrastToStretch) {
    EXPECT_EQ(after(grey, stretched), grey);
    EXPECT_EQ(pixelsOf(stretched(paint(2, 2, 1, plain(grey)))).bands, 1);
}

TEST_F(Tone, ContrastIsStretchedOverAllFrames) {
    const auto grey = [](int value) {
        return Colour{std::uint8_t(value), std::uint8_t(value), std::uint8_t(value)};
    };
    std::vector<Image> frames;
    for (int value : {130, 200, 150, 60}) {
        frames.push_back(paint(4, 1, 3, [=](int x, int) { return grey(x < 2 ? 120 : value); }));
    }
    const Levels levels = fullContrast(frames, patient()).value_or(Levels{});
    for (const Image& frame : frames) {
        expectNear(pixelsOf(adjustLevels(frame, levels)).at(0, 0), grey(109), 1, "rounding");
    }
    EXPECT_EQ(pixelsOf(adjustLevels(frames[1], levels)).at(3, 0), white);
    EXPECT_EQ(pixelsOf(adjustLevels(frames[3], levels)).at(3, 0), black);
    const std::vector<Image> hidden(2, paint(4, 1, 4, plain(clear)));
    EXPECT_EQ(fullContrast(hidden, patient()), Levels{});
}

TEST_F(Tone, EveryRangeIsStretchedToBothEnds) {
    for (int darkest = 0; darkest < 255; darkest += 3) {
        for (int lightest = darkest + 1; lightest < 256; lightest += 7) {
            const Image image = paint(2, 1, 1, [=](int x, int) {
                const auto value = static_cast<std::uint8_t>(x == 0 ? darkest : lightest);
                return Colour{value, value, value};
            });
            const Decoded out = pixelsOf(stretched(image));
            ASSERT_EQ(out.at(0, 0), black) << darkest << " to " << lightest;
            ASSERT_EQ(out.at(1, 0), white) << darkest << " to " << lightest;
        }
    }
}

TEST_F(Tone, BrightnessIsAFactor) {
    EXPECT_EQ(levelled({100, 50, 200}, {.brightness = 0.5}), (Colour{50, 25, 100}));
    EXPECT_EQ(levelled({100, 50, 200}, {.brightness = 2}), (Colour{200, 100, 255}));
    EXPECT_EQ(levelled({100, 50, 200}, {.brightness = 0}), black);
    EXPECT_EQ(levelled({100, 50, 200}, {}), (Colour{100, 50, 200}));
}

TEST_F(Tone, BrightnessEqualsTheVipsLinear) {
    const Image image = photograph(100, 60, 3);
    const Decoded theirs = byCommand("linear", image, "0.8 0 --uchar");
    EXPECT_GE(psnr(pixelsOf(adjustLevels(image, {.brightness = 0.8})), theirs), 40);
}

TEST_F(Tone, ContrastIsAFactorAboutTheMiddle) {
    EXPECT_EQ(levelled({28, 128, 228}, {.contrast = 0.5}), (Colour{78, 128, 178}));
    EXPECT_EQ(levelled({100, 128, 160}, {.contrast = 2}), (Colour{73, 129, 193}));
    expectNear(levelled({28, 128, 228}, {.contrast = 0}), grey, 1, "127.5 lies between two values");
}

TEST_F(Tone, GammaAboveOneLightens) {
    EXPECT_EQ(levelled({64, 0, 255}, {.gamma = 2}), (Colour{128, 0, 255}));
    EXPECT_EQ(levelled({128, 0, 255}, {.gamma = 0.5}), (Colour{64, 0, 255}));
    EXPECT_EQ(levelled({64, 0, 255}, {.gamma = 0.01}).red, 0);
    EXPECT_EQ(levelled({64, 0, 255}, {.gamma = 100}).green, 0);
}

TEST_F(Tone, GammaEqualsTheVipsCommand) {
    const Image image = photograph(100, 60, 3);
    const Decoded theirs = byCommand("gamma", image, "--exponent 1.8");
    EXPECT_GE(psnr(pixelsOf(adjustLevels(image, {.gamma = 1.8})), theirs), 40);
}

TEST_F(Tone, SaturationZeroIsGrey) {
    const Colour out = levelled({200, 100, 50}, {.saturation = 0});
    EXPECT_EQ(out.red, out.green);
    EXPECT_EQ(out.green, out.blue);
    EXPECT_EQ(out.red, 118);  // 0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50
    EXPECT_EQ(levelled({200, 100, 50}, {.saturation = 2}), (Colour{255, 82, 0}));
    EXPECT_EQ(levelled({90, 90, 90}, {.saturation = 50}), (Colour{90, 90, 90}));
}

TEST_F(Tone, LevelsKeepGreyAndAlpha) {
    const Levels levels{2, 1.2, 1.5, 3};
    const Decoded out = pixelsOf(adjustLevels(paint(2, 2, 2, plain({60, 60, 60, 33})), levels));
    EXPECT_EQ(out.bands, 2);
    EXPECT_EQ(out.at(0, 0).alpha, 33);
    EXPECT_EQ(pixelsOf(adjustLevels(paint(2, 2, 4, plain({60, 0, 0, 33})), levels)).at(0, 0).alpha,
              33);
}

TEST_F(Tone, AColourWithinTheToleranceIsReplacedAndKeepsItsShade) {
    const Image image = paint(4, 1, 3, [](int x, int) {
        const Colour colours[] = {{200, 0, 0}, {180, 0, 0}, {0, 200, 0}, {0, 0, 255}};
        return colours[x];
    });
    const ReplaceColour replacement{{0, 0, 200}, 20, Colour{200, 0, 0}};
    const Decoded out = pixelsOf(replaceColour(image, replacement, *replacement.from));
    EXPECT_EQ(out.at(0, 0), (Colour{0, 0, 200}));
    EXPECT_EQ(out.at(1, 0), (Colour{0, 0, 196}));  // darker by 0.2126 * 20
    EXPECT_EQ(out.at(2, 0), (Colour{0, 200, 0}));
    EXPECT_EQ(out.at(3, 0), blue);
}

TEST_F(Tone, ColoursBeyondTheToleranceAreKept) {
    const Image image = paint(2, 1, 3, [](int x, int) {
        return x == 0 ? Colour{144, 100, 100} : Colour{145, 100, 100};
    });
    // 10 percent of the way from black to white is 44.17.
    const ReplaceColour replacement{{0, 0, 0}, 10, Colour{100, 100, 100}};
    const Decoded out = pixelsOf(replaceColour(image, replacement, *replacement.from));
    EXPECT_EQ(out.at(0, 0), (Colour{9, 9, 9}));
    EXPECT_EQ(out.at(1, 0), (Colour{145, 100, 100}));
    const ReplaceColour all{{1, 2, 3}, 100, black};
    EXPECT_EQ(pixelsOf(replaceColour(paint(1, 1, 3, plain(black)), all, black)).at(0, 0),
              (Colour{1, 2, 3}));
}

TEST_F(Tone, ATintKeepsBlackAndWhite) {
    const Colorize tint{{200, 100, 0}, 100};
    const auto tinted = [&](const Image& image) { return colorize(image, tint); };
    EXPECT_EQ(after(black, tinted), black);
    EXPECT_EQ(after(white, tinted), white);
    // A grey as bright as the colour becomes the colour: 0.2126 * 200 + 0.7152 * 100 = 114.
    expectNear(after({114, 114, 114}, tinted), {200, 100, 0}, 1, "114.04 is rounded");
    EXPECT_EQ(after({10, 20, 30},
                    [](const Image& i) {
                        return colorize(i, {red, 0});
                    }),
              (Colour{10, 20, 30}));
}

TEST_F(Tone, AGreyTintRemovesTheColour) {
    const auto tinted = [](const Image& image) { return colorize(image, Colorize{}); };
    const Colour out = after({200, 100, 50}, tinted);
    EXPECT_EQ(out, (Colour{118, 118, 118}));
    EXPECT_EQ(pixelsOf(tinted(paint(2, 2, 1, plain(grey)))).bands, 1);
    const auto half = [](const Image& image) {
        return colorize(image, Colorize{{128, 128, 128}, 50});
    };
    EXPECT_EQ(after({200, 100, 50}, half), (Colour{159, 109, 84}));
}

}  // namespace
}  // namespace private_image
