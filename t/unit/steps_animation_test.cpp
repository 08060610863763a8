// Animations: frames, delays and loops through steps and encoders.

#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class AnimationSteps : public pictures::Test {};

std::vector<int> delaysOf(const Decoded& decoded) {
    int* delays = nullptr;
    int count = 0;
    if (vips_image_get_array_int(decoded.image.get(), "delay", &delays, &count) != 0) {
        return {};
    }
    return {delays, delays + count};
}

void expectMoving(const RenderOutcome& outcome, Size size) {
    ASSERT_TRUE(outcome.rendered) << outcome.detail;
    EXPECT_EQ(outcome.rendered->frames, 3u);
    EXPECT_EQ(outcome.rendered->size, size);
    const Decoded result = decode(outcome);
    ASSERT_EQ(result.size, (Size{size.width, size.height * 3}));
    EXPECT_EQ(delaysOf(result), (std::vector<int>{100, 200, 300}));
    int loop = -1;
    vips_image_get_int(result.image.get(), "loop", &loop);
    EXPECT_EQ(loop, 3);
    const Colour wanted[] = {red, green, blue};
    const int last = int(size.height) - 1;
    for (int frame = 0; frame < 3; ++frame) {
        for (int y : {0, last / 2, last}) {
            expectNear(result.at(int(size.width) / 2, frame * (last + 1) + y), wanted[frame], 9,
                       "frame " + std::to_string(frame) + " row " + std::to_string(y));
        }
    }
}

TEST_F(AnimationSteps, AnimationsKeepFramesDelaysAndLoop) {
    for (Format format : {Format::gif, Format::webp}) {
        for (const std::string& source : {movingGif(), movingWebp()}) {
            expectMoving(renderOf(source, as(format)), {40, 30});
            expectMoving(renderOf(source, as(format, {boxed(13, 0, Fit::inside)})), {13, 10});
            expectMoving(renderOf(source, as(format, {boxed(11, 11, Fit::cover)})), {11, 11});
            expectMoving(renderOf(source, as(format, {boxed(80, 0, Fit::inside)})), {80, 60});
        }
    }
}

TEST_F(AnimationSteps, EffectsAndChainsDoNotMixFrames) {
    Step step = boxed(20, 0, Fit::inside);
    step.effects = {Sharpen{2}, Blur{30}};
    expectMoving(renderOf(movingGif(), as(Format::webp, {step})), {20, 15});
    expectMoving(renderOf(movingGif(),
                          as(Format::webp, {boxed(20, 0, Fit::inside), boxed(10, 10, Fit::cover)})),
                 {10, 10});
}

TEST_F(AnimationSteps, AttentionIsComputedFromTheFirstFrame) {
    Step step = boxed(20, 20, Fit::cover);
    step.gravity.kind = Gravity::Kind::attention;
    expectMoving(renderOf(movingWebp(), as(Format::webp, {step})), {20, 20});
}

TEST_F(AnimationSteps, EveryFrameHasTheWatermark) {
    Watermark watermark = watermarkOf(png(paint(4, 4, 3, plain(black))));
    watermark.gravity = {Gravity::Kind::point, 0, 0};
    Transform transform = as(Format::webp);
    transform.encoding.quality = 100;
    transform.watermarks = {&watermark};
    const Decoded result = decode(renderOf(movingGif(), transform));
    for (int frame = 0; frame < 3; ++frame) {
        EXPECT_EQ(result.at(1, frame * 30 + 1), black);
        EXPECT_NE(result.at(20, frame * 30 + 20), black);
    }
}

TEST_F(AnimationSteps, AStillFormatUsesTheFirstFrame) {
    for (Format format : {Format::jpeg, Format::png, Format::avif}) {
        const RenderOutcome outcome = renderOf(movingGif(), as(format));
        ASSERT_TRUE(outcome.rendered);
        EXPECT_EQ(outcome.rendered->frames, 1u);
        const Decoded result = decode(outcome);
        EXPECT_EQ(result.size, (Size{40, 30}));
        expectNear(result.at(20, 15), red, 6);
    }
}

TEST_F(AnimationSteps, FramesBeyondTheLimitAreDropped) {
    RenderSettings limited = settings();
    limited.limits.frames = 2;
    const RenderOutcome two = renderOf(movingGif(), as(Format::gif), limited);
    ASSERT_TRUE(two.rendered);
    EXPECT_EQ(two.rendered->frames, 2u);
    EXPECT_EQ(delaysOf(decode(two)), (std::vector<int>{100, 200}));
    limited.limits.frames = 1;
    EXPECT_EQ(renderOf(movingGif(), as(Format::gif), limited).rendered->frames, 1u);
}

TEST_F(AnimationSteps, TransparentAnimationsStayTransparent) {
    const std::string source =
        webp(animation(40, 30, {plain({255, 0, 0, 255}), plain({0, 255, 0, 0})}, {100, 100}, 0, 4));
    const Decoded result = decode(renderOf(source, as(Format::webp, {boxed(20, 0, Fit::inside)})));
    ASSERT_EQ(result.bands, 4);
    EXPECT_EQ(result.at(10, 7).alpha, 255);
    EXPECT_EQ(result.at(10, 22).alpha, 0);
}

TEST_F(AnimationSteps, ManyFramesAreJoinedInGroups) {
    std::vector<Painter> frames;
    std::vector<int> delays;
    for (int i = 0; i < 1203; ++i) {
        frames.push_back(plain({std::uint8_t(i % 2 * 255), std::uint8_t(i % 3 * 127), 0}));
        delays.push_back(20 + i % 5 * 10);
    }
    RenderSettings many = settings();
    many.limits.frames = 5000;
    const std::string source = gif(animation(3, 3, frames, delays, 0));
    const RenderOutcome outcome = renderOf(source, as(Format::gif), many);
    ASSERT_TRUE(outcome.rendered) << outcome.detail;
    EXPECT_EQ(outcome.rendered->frames, 1203u);
    EXPECT_EQ(decode(outcome).size, (Size{3, 3 * 1203}));
}

}  // namespace
}  // namespace private_image
