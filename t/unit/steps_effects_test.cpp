// Each effect reaches its own function.
#include "render/steps/effects.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Effects : public pictures::Test {};

Decoded applied(const Effect& effect) {
    const Image image = paint(40, 40, 3, quadrants(40, 40));
    return pixelsOf(applyEffect(image, effect, {}, patient()));
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

}  // namespace
}  // namespace private_image
