// Effects that depend on pixels are computed once for all frames, so that parts of an animation
// that do not change do not flicker in the result.
#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class AnimationRender : public pictures::Test {};

constexpr int rights[] = {130, 200, 150, 60};

Colour greyOf(int value) {
    return {std::uint8_t(value), std::uint8_t(value), std::uint8_t(value)};
}

// The left half is always grey 120 with a dark corner, the right half changes; `frame`: the colour
// of a border, if any.
Image halfStill(std::optional<Colour> frame = {}) {
    std::vector<Painter> frames;
    for (int right : rights) {
        frames.emplace_back([=](int x, int y) {
            if (frame && (x < 8 || y < 8 || x >= 72 || y >= 52)) {
                return *frame;
            }
            return x < 20 && y >= 45 ? greyOf(90) : x < 40 ? greyOf(120) : greyOf(right);
        });
    }
    return animation(80, 60, frames, {100, 100, 100, 100}, 0);
}

std::vector<std::string> sourcesOf(const Image& strip) {
    return {gif(strip), webp(strip)};
}

struct Chain {
    std::string name;
    Step step;
    int x, y;
};

std::vector<Chain> chains() {
    std::vector<Chain> all;
    const auto effect = [&](const std::string& name, Effect effect) {
        Step step;
        step.effects = {std::move(effect)};
        all.push_back({name, step, 15, 30});
    };
    effect("contrast", StretchContrast{});
    effect("replacing the dominant colour", ReplaceColour{red, 10, {}});
    const auto padding = [&](const std::string& name, Background::Kind kind,
                             std::uint8_t shades = 2) {
        Step step = boxed(80, 80, Fit::pad);
        step.background.emplace().kind = kind;
        step.background->shades = shades;
        all.push_back({name, step, 5, 3});
        all.push_back({name + " next to the changing half", step, 75, 77});
    };
    padding("dominant", Background::Kind::dominant);
    padding("gradient", Background::Kind::gradient);
    padding("four shades", Background::Kind::gradient, 4);
    padding("blurred", Background::Kind::blurred);
    Step rounded;
    rounded.rounding.emplace().isMaximal = true;
    rounded.background.emplace().kind = Background::Kind::dominant;
    all.push_back({"corners", rounded, 1, 1});
    return all;
}

TEST_F(AnimationRender, UnchangedPartsHaveTheSameValueInEveryFrame) {
    for (const std::string& source : sourcesOf(halfStill())) {
        for (const Chain& chain : chains()) {
            Transform transform = as(Format::webp, {chain.step});
            transform.encoding.lossless = true;
            const RenderOutcome outcome = renderOf(source, transform);
            ASSERT_TRUE(outcome.rendered) << chain.name << ": " << outcome.detail;
            ASSERT_EQ(outcome.rendered->frames, 4u);
            const Decoded out = decode(outcome);
            const int height = int(outcome.rendered->size.height);
            for (int frame = 1; frame < 4; ++frame) {
                // Palettes of libvips change values by one or two.
                expectNear(out.at(chain.x, chain.y + frame * height), out.at(chain.x, chain.y), 2,
                           chain.name + ", frame " + std::to_string(frame));
            }
        }
    }
}

TEST_F(AnimationRender, ContrastReachesBlackAndWhiteOverAllFrames) {
    for (const std::string& source : sourcesOf(halfStill())) {
        Step step;
        step.effects = {StretchContrast{}};
        Transform transform = as(Format::webp, {step});
        transform.encoding.lossless = true;
        const Decoded out = decode(renderOf(source, transform));
        EXPECT_EQ(out.at(60, 60 + 30), white) << "200, the lightest of all";
        EXPECT_EQ(out.at(60, 180 + 30), black) << "60, the darkest of all";
        expectNear(out.at(60, 30), greyOf(128), 3,
                   "130 is the middle, with the tolerance of palettes");
    }
}

// With a single frame, only that frame determines the contrast.
TEST_F(AnimationRender, AStillUsesTheContrastOfItsFrameOnly) {
    Step step;
    step.effects = {StretchContrast{}};
    for (const std::string& source : sourcesOf(halfStill())) {
        const Decoded out = decode(renderOf(source, toPng({step})));
        EXPECT_EQ(out.at(60, 30), white);
        EXPECT_EQ(out.at(5, 55), black);
    }
}

TEST_F(AnimationRender, ABorderIsTrimmedEquallyFromAllFrames) {
    Step step;
    step.trim.kind = Trim::Kind::frame;
    step.trim.tolerance = 10;
    for (const std::string& source : sourcesOf(halfStill(white))) {
        const RenderOutcome outcome = renderOf(source, as(Format::webp, {step}));
        ASSERT_TRUE(outcome.rendered) << outcome.detail;
        EXPECT_EQ(outcome.rendered->size, (Size{64, 44}));
    }
}

}  // namespace
}  // namespace private_image
