// Each effect reaches its own function.
#include "render/steps/effects.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Effects : public pictures::Test {};

Decoded applied(const Effect& effect) {
    const Image image = paint(40, 40, 3, quadrants(40, 40));
    const std::vector<Image> frames{image};
    const FrameOperation operation = makeOperation(effect, frames, {}, patient());
    EXPECT_TRUE(operation);
    return pixelsOf(operation ? operation(image) : Image());
}

TEST_F(Effects, EachKindDoesItsWork) {
    EXPECT_EQ(applied(Grayscale{}).bands, 1);
    EXPECT_EQ(applied(StretchContrast{}).size, (Size{40, 40}));
    EXPECT_EQ(applied(Levels{.brightness = 0}).at(2, 2), black);
    EXPECT_EQ(applied(ReplaceColour{blue, 10, red}).at(2, 2), blue);
    EXPECT_EQ(applied(Colorize{}).at(2, 2), (Colour{54, 54, 54}));
    EXPECT_EQ(applied(Sharpen{3}).size, (Size{40, 40}));
    EXPECT_EQ(applied(UnsharpMask{}).size, (Size{40, 40}));
    EXPECT_NE(applied(Blur{20}).at(19, 2), red);
    EXPECT_EQ(applied(Gradient{90, white, blue, {1e-3, {}}}).at(39, 2), blue);
}

TEST_F(Effects, AFormulaNeedsAUsableValue) {
    Gradient gradient;
    gradient.stop.formula.operands = {Operand{Variable::inputWidth}};
    ImageSizes sizes;
    sizes.inputWidth = 20;
    EXPECT_TRUE(canApply(gradient, sizes));
    EXPECT_FALSE(canApply(gradient, {}));
    gradient.stop = {-1, {}};
    EXPECT_FALSE(canApply(gradient, sizes));
    EXPECT_TRUE(canApply(Blur{1}, {}));
}

TEST_F(Effects, WithoutASourceColourTheDominantOneIsReplaced) {
    const Image image = paint(40, 40, 4, [](int x, int) {
        return x < 30 ? Colour{20, 160, 40, 177} : red;
    });
    const ReplaceColour replacement{{255, 128, 0}, 15, {}};
    const FrameOperation operation =
        makeOperation(replacement, std::vector<Image>{image}, {}, patient());
    const Decoded out = pixelsOf(operation(image));
    EXPECT_EQ(out.at(2, 2), (Colour{255, 128, 0, 177}));
    EXPECT_EQ(out.at(38, 2), red);
}

TEST_F(Effects, WhatIsDecidedByPixelsIsDecidedOnce) {
    const auto frame = [](Colour right) {
        return paint(40, 40, 3, [=](int x, int) { return x < 18 ? red : right; });
    };
    const std::vector<Image> frames{frame(green), frame(blue), frame(yellow)};
    const ReplaceColour replacement{white, 10, {}};
    EXPECT_TRUE(looksAtPixels(replacement));
    EXPECT_TRUE(looksAtPixels(StretchContrast{}));
    EXPECT_FALSE(looksAtPixels(ReplaceColour{white, 10, red}));
    EXPECT_FALSE(looksAtPixels(Blur{3}));
    const FrameOperation operation = makeOperation(replacement, frames, {}, patient());
    for (const Image& each : frames) {
        EXPECT_EQ(pixelsOf(operation(each)).at(2, 2), white) << "red is dominant in all together";
        EXPECT_EQ(pixelsOf(operation(each)).at(38, 2), pixelsOf(each).at(38, 2));
    }
}

}  // namespace
}  // namespace private_image
