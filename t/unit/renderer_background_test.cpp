// A step draws its background once: below the image, in its padding and in the corners that a
// rotation leaves free.
#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class BackgroundRender : public pictures::Test {};

constexpr Colour half{255, 255, 0, 128};

Image transparentPicture() {
    return paint(40, 20, 4, plain(clear));
}

Step padded(Fit fit, Colour colour, double width = 60, double height = 60) {
    Step step = boxed(width, height, fit);
    step.background = plainBackground(colour);
    return step;
}

void expectOneColour(const RenderOutcome& outcome, Colour colour, int tolerance,
                     const std::string& where) {
    const Decoded out = decode(outcome);
    ASSERT_EQ(out.bands, colour.alpha == 255 ? 3 : 4) << where;
    for (std::uint32_t y = 0; y < out.size.height && !::testing::Test::HasFailure(); y += 3) {
        for (std::uint32_t x = 0; x < out.size.width; x += 3) {
            expectNear(out.at(int(x), int(y)), colour, tolerance,
                       where + " at " + std::to_string(x) + "," + std::to_string(y));
        }
    }
}

TEST_F(BackgroundRender, ATransparentPictureShowsOneColourInEachModeThatPads) {
    const std::string source = png(transparentPicture());
    for (Fit fit : {Fit::pad, Fit::padNoEnlarge, Fit::padExtract}) {
        for (const Colour& colour : {half, yellow, Colour{9, 80, 200, 1}, clear}) {
            const RenderOutcome outcome = renderOf(source, toPng({padded(fit, colour)}));
            // Fully transparent pixels may have any colour.
            const Colour wanted = colour.alpha == 0 ? clear : colour;
            expectOneColour(outcome, wanted, 1, "mode " + std::to_string(int(fit)));
        }
    }
}

TEST_F(BackgroundRender, ATransparentPictureShowsOneColourInEachFormatWithAlpha) {
    const std::string source = png(transparentPicture());
    for (Format format : {Format::png, Format::webp, Format::avif, Format::jxl}) {
        Transform transform = as(format, {padded(Fit::pad, half)});
        transform.encoding.lossless = true;
        // Lossless AVIF rounds in the conversion to YCbCr.
        expectOneColour(renderOf(source, transform), half, 3, std::to_string(int(format)));
    }
}

TEST_F(BackgroundRender, ATransparentAnimationShowsOneColour) {
    const std::string source =
        webp(animation(40, 20, {plain(clear), plain(clear)}, {100, 100}, 0, 4));
    expectOneColour(renderOf(source, as(Format::webp, {padded(Fit::pad, half)})), half, 4, "lossy");
}

TEST_F(BackgroundRender, OtherOperationsOfTheStepDoNotChangeTheColour) {
    const std::string source = png(transparentPicture());
    std::vector<std::pair<std::string, Step>> steps(7, {"", padded(Fit::pad, half)});
    steps[0].first = "rotation";
    steps[0].second.rotation = 30;
    steps[1].first = "quarter turn";
    steps[1].second.quarterTurns = 1;
    steps[2].first = "rounding";
    steps[2].second.rounding.emplace().radii = {20, 20, 20, 20};
    steps[3].first = "trim";
    steps[3].second.trim.kind = Trim::Kind::sides;
    steps[3].second.trim.left = pixels(4);
    steps[4].first = "effects";
    steps[4].second.effects = {Grayscale{}, StretchContrast{}, Blur{4}};
    steps[5].first = "arc";
    steps[5].second.distort.emplace().kind = Distort::Kind::arc;
    steps[5].second.distort->degrees = 90;
    steps[6].first = "border";
    steps[6].second.border = Border{*number(3), clear};
    for (auto& [name, step] : steps) {
        expectOneColour(renderOf(source, toPng({step})), half, 1, name);
        step.background = plainBackground(yellow);
        expectOneColour(renderOf(source, toPng({step})), yellow, 1, name + ", opaque");
    }
}

TEST_F(BackgroundRender, TheColourPadsAnOpaquePicture) {
    const std::string source = png(paint(40, 20, 3, plain(red)));
    const Decoded out = decode(renderOf(source, toPng({padded(Fit::pad, half)})));
    ASSERT_EQ(out.bands, 4);
    expectNear(out.at(30, 3), half, 1, "rounding");
    expectNear(out.at(30, 57), half, 1, "rounding");
    EXPECT_EQ(out.at(30, 30), red);
}

TEST_F(BackgroundRender, ATranslucentPictureIsDrawnOverTheColour) {
    const std::string source = png(paint(40, 20, 4, plain({255, 0, 0, 128})));
    const Decoded out = decode(renderOf(source, toPng({padded(Fit::pad, {0, 0, 255, 128})})));
    expectNear(out.at(30, 3), {0, 0, 255, 128}, 1, "rounding");
    // 0.502 + 0.502 * 0.498 = 0.752, of which red has 0.668.
    expectNear(out.at(30, 30), {170, 0, 85, 192}, 1, "rounding");
}

TEST_F(BackgroundRender, WithoutAlphaATranslucentColourIsDrawnOnWhite) {
    const std::string source = png(transparentPicture());
    const RenderOutcome outcome = renderOf(source, as(Format::jpeg, {padded(Fit::pad, half)}));
    expectOneColour(outcome, {255, 255, 127}, 4, "lossy");
}

TEST_F(BackgroundRender, AGreyPictureBecomesColoured) {
    const std::string source = png(paint(40, 20, 2, plain({90, 90, 90, 0})));
    expectOneColour(renderOf(source, toPng({padded(Fit::pad, half)})), half, 1, "grey");
}

// The background of the second step is drawn below the result of the first.
TEST_F(BackgroundRender, EachStepHasItsOwnBackground) {
    const std::string source = png(transparentPicture());
    const Transform chain = toPng({padded(Fit::pad, half), padded(Fit::pad, half, 90, 60)});
    const Decoded out = decode(renderOf(source, chain));
    expectNear(out.at(2, 30), half, 1, "padding of the second");
    expectNear(out.at(45, 30), {255, 255, 0, 192}, 1, "both");
}

TEST_F(BackgroundRender, ALayerHasItsOwnBackground) {
    Layer layer;
    layer.path = "/layer";
    layer.steps = {padded(Fit::pad, half, 30, 30)};
    layer.gravity = {Gravity::Kind::point, 0, 0};
    Step step;
    step.layers = {layer};
    const std::string base = png(paint(60, 60, 4, plain(clear)));
    const Decoded out =
        decode(renderOf(base, toPng({step}), settings(), {png(transparentPicture())}));
    expectNear(out.at(15, 1), half, 1, "padding");
    expectNear(out.at(15, 15), half, 1, "picture");
    EXPECT_EQ(out.at(45, 45).alpha, 0);
}

}  // namespace
}  // namespace private_image
