// Trimming, flipping, rotating and resizing together, checked by pixels of the result and against
// the vips command.
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Geometry : public pictures::Test {};

Step sizedBy(double width, double height, Fit fit, double x, double y) {
    Step step = boxed(width, height, fit);
    step.gravity = {Gravity::Kind::point, x, y};
    return step;
}

// Two thirds of the way across the source it is red, then blue; two thirds down it darkens.
Image field(int width, int height) {
    return paint(width, height, 3, [=](int x, int y) {
        const auto level = static_cast<std::uint8_t>(y < 2 * height / 3 ? 240 : 120);
        return x < 2 * width / 3 ? Colour{level, 0, 0} : Colour{0, 0, level};
    });
}

struct Row {
    const char* name;
    Size source;
    Step step;
    Size result;
};

Step turned(int quarters, Step step) {
    step.quarterTurns = static_cast<std::uint8_t>(quarters);
    return step;
}

Step trimmed(double top, double right, double bottom, double left, Step step) {
    step.trim.kind = Trim::Kind::sides;
    step.trim.top = pixels(top);
    step.trim.right = pixels(right);
    step.trim.bottom = pixels(bottom);
    step.trim.left = left > 0 ? pixels(left) : Length{};
    return step;
}

// The documented examples of both services.
std::vector<Row> examples() {
    const Size landscape{1080, 720}, portrait{640, 865};
    return {
        {"scale-down", landscape, boxed(500, 500, Fit::insideNoEnlarge), {500, 333}},
        {"scale-down larger", landscape, boxed(2000, 2000, Fit::insideNoEnlarge), {1080, 720}},
        {"contain", {100, 50}, boxed(500, 500, Fit::inside), {500, 250}},
        {"cover", landscape, sizedBy(500, 500, Fit::cover, 0, 0), {500, 500}},
        {"crop", landscape, boxed(1296, 1296, Fit::coverNoEnlarge), {1080, 720}},
        {"aspect-crop", {612, 613}, boxed(1920, 1120, Fit::coverRatio), {612, 357}},
        {"squeeze", landscape, boxed(1080, 540, Fit::stretch), {1080, 540}},
        {"pad", landscape, boxed(1080, 1080, Fit::pad), {1080, 1080}},
        {"scale-up", landscape, boxed(500, 500, Fit::insideNoShrink), {1080, 720}},
        {"rotate", {300, 200}, turned(1, boxed(100, 0, Fit::insideNoEnlarge)), {100, 150}},
        {"trim",
         {230, 140},
         trimmed(20, 30, 20, 0, boxed(100, 0, Fit::insideNoEnlarge)),
         {100, 50}},
        {"maintain_ratio", portrait, boxed(300, 200, Fit::cover), {300, 200}},
        {"force", portrait, boxed(300, 200, Fit::stretch), {300, 200}},
        {"at_max", portrait, boxed(300, 200, Fit::insideNoEnlarge), {148, 200}},
        {"at_max_enlarge", portrait, boxed(850, 1000, Fit::inside), {740, 1000}},
        {"at_least", portrait, boxed(300, 200, Fit::outside), {300, 405}},
        {"pad_resize", portrait, boxed(300, 200, Fit::pad), {300, 200}},
        {"extract", portrait, boxed(200, 200, Fit::extract), {200, 200}},
        {"pad_extract", {600, 600}, boxed(700, 700, Fit::padExtract), {700, 700}},
        {"pad_resize_no_enlarge", {100, 50}, boxed(300, 200, Fit::padNoEnlarge), {300, 200}},
    };
}

TEST_F(Geometry, DocumentedExamplesHaveTheirSizesWithEveryDecoder) {
    for (const Row& row : examples()) {
        const Image image = field(int(row.source.width), int(row.source.height));
        for (const std::string& bytes : {png(image), jpeg(image), webp(image)}) {
            const Decoded result = decode(renderOf(bytes, toPng({row.step})));
            EXPECT_EQ(result.size, row.result) << row.name;
        }
    }
}

TEST_F(Geometry, CutAndPaddedPartsAreAtTheirPlaces) {
    const std::string source = png(field(1080, 720));
    const Decoded left = decode(renderOf(source, toPng({sizedBy(500, 500, Fit::cover, 0, 0)})));
    expectNear(left.at(480, 10), {240, 0, 0}, 1);  // blue begins at 500
    const Decoded right = decode(renderOf(source, toPng({sizedBy(500, 500, Fit::cover, 1, 0)})));
    expectNear(right.at(245, 10), {240, 0, 0}, 3);
    expectNear(right.at(256, 10), {0, 0, 240}, 3);
    Step pad = boxed(1080, 1080, Fit::pad);
    pad.background = plainBackground(red);
    const Decoded padded = decode(renderOf(source, toPng({pad})));
    EXPECT_EQ(padded.at(1000, 179), red);
    EXPECT_EQ(padded.at(1000, 180), (Colour{0, 0, 240}));
    EXPECT_EQ(padded.at(1000, 899), (Colour{0, 0, 120}));
    EXPECT_EQ(padded.at(1000, 900), red);
}

// The trimmed source must be the same whether the decoder shrinks it or not: edges are where they
// would be in pixels of the source.
TEST_F(Geometry, TrimsCombineWithShrinkOnLoad) {
    const Image image = photograph(1600, 1200, 3);
    for (int left : {0, 3, 8, 40, 41}) {
        const Step step = trimmed(16, 64, 33, left, boxed(190, 0, Fit::insideNoEnlarge));
        const Decoded exact = decode(renderOf(png(image), toPng({step})));
        const Decoded shrunk = decode(renderOf(jpeg(image, 100), toPng({step})));
        EXPECT_GE(psnr(exact, shrunk), 44) << left;
    }
}

TEST_F(Geometry, FlipsComeBeforeTurns) {
    const std::string source = png(paint(80, 40, 3, quadrants(80, 40)));
    Step step;
    step.flipsHorizontally = true;
    step.quarterTurns = 1;
    const Decoded result = decode(renderOf(source, toPng({step})));
    ASSERT_EQ(result.size, (Size{40, 80}));
    // green red / yellow blue, then clockwise: yellow green / blue red.
    EXPECT_EQ(result.at(2, 2), yellow);
    EXPECT_EQ(result.at(37, 2), green);
    EXPECT_EQ(result.at(2, 77), blue);
    EXPECT_EQ(result.at(37, 77), red);
}

TEST_F(Geometry, EveryOrientationCombinesWithEveryFlipAndTurn) {
    const Image upright = paint(48, 24, 3, quadrants(48, 24));
    for (int orientation = 1; orientation <= 8; ++orientation) {
        Image stored = paint(48, 24, 3, quadrants(48, 24));
        vips_image_set_int(stored.get(), VIPS_META_ORIENTATION, orientation);
        const std::string source = save(vips_tiffsave_buffer, stored);
        const Decoded plainly = decode(renderOf(source, toPng({})));
        const std::string again = png(plainly.image);
        for (int kind = 0; kind < 16; ++kind) {
            Step step;
            step.flipsHorizontally = (kind & 1) != 0;
            step.flipsVertically = (kind & 2) != 0;
            step.quarterTurns = static_cast<std::uint8_t>(kind / 4);
            // The result equals that of an image without orientation that looks the same.
            const Decoded once = decode(renderOf(source, toPng({step})));
            const Decoded twice = decode(renderOf(again, toPng({Step{}, step})));
            EXPECT_TRUE(std::isinf(psnr(once, twice))) << orientation << " " << kind;
        }
    }
}

TEST_F(Geometry, ABoxIsTrimmedOutInTheUprightImage) {
    Step step;
    step.trim.kind = Trim::Kind::box;
    step.trim.left = pixels(40);
    step.trim.height = pixels(20);
    const Decoded result =
        decode(renderOf(png(paint(80, 40, 3, quadrants(80, 40))), toPng({step})));
    ASSERT_EQ(result.size, (Size{40, 20}));
    EXPECT_EQ(result.at(0, 0), green);
    EXPECT_EQ(result.at(39, 19), green);
}

TEST_F(Geometry, ATrimThatLeavesNothingIsABadOption) {
    const std::string source = png(paint(80, 40, 3, plain(red)));
    for (const Step& step :
         {trimmed(20, 1, 20, 0, {}), trimmed(1, 40, 1, 40, {}), trimmed(1, 65535, 1, 0, {})}) {
        EXPECT_EQ(renderOf(source, toPng({step})).problem, RenderProblem::badOptions);
    }
}

TEST_F(Geometry, AFrameIsTrimmedBeforeTheSizeIsPlanned) {
    const std::string source = jpeg(
        paint(200, 120, 3,
              [](int x, int y) { return x >= 32 && x < 168 && y >= 24 && y < 96 ? blue : white; }),
        100);
    Step step = boxed(68, 0, Fit::insideNoEnlarge);
    step.trim.kind = Trim::Kind::frame;
    step.trim.tolerance = 20;
    const Decoded result = decode(renderOf(source, toPng({step})));
    EXPECT_EQ(result.size, (Size{68, 36}));
    expectNear(result.at(0, 0), blue, 12);
    expectNear(result.at(67, 35), blue, 12);
}

TEST_F(Geometry, AnExtractByItsCentreMustStayInside) {
    const std::string source = png(paint(80, 40, 3, quadrants(80, 40)));
    Step step = boxed(20, 10, Fit::extract);
    step.centreX = number(60);
    step.centreY = number(30);
    EXPECT_EQ(decode(renderOf(source, toPng({step}))).at(0, 0), yellow);
    step.centreX = number(71);
    EXPECT_EQ(renderOf(source, toPng({step})).problem, RenderProblem::badOptions);
}

Length formula(const char* text) {
    Length length;
    length.unit = Length::Unit::formula;
    length.formula = parseExpression(text, ExpressionScope::image).value_or(Expression{});
    return length;
}

Size sizeBy(const char* width, double density = 1) {
    Step step;
    step.fit = Fit::inside;
    step.width = formula(width);
    step.density = density;
    const RenderOutcome outcome = renderOf(png(paint(80, 40, 1, plain(grey))), toPng({step}));
    return outcome.rendered ? outcome.rendered->size : Size{};
}

TEST_F(Geometry, FormulasUseTheSizesOfTheImage) {
    EXPECT_EQ(sizeBy("iw_div_2"), (Size{40, 20}));
    EXPECT_EQ(sizeBy("iw_div_2", 2), (Size{80, 40}));
    EXPECT_EQ(sizeBy("ih_div_iw"), (Size{40, 20}));         // at most 1: a fraction
    EXPECT_EQ(sizeBy("iw_mul_iw_mul_iw"), (Size{80, 40}));  // longer than any side
    EXPECT_EQ(sizeBy("iw_sub_80"), (Size{}));
    EXPECT_EQ(sizeBy("iw_div_0"), (Size{}));
    EXPECT_EQ(sizeBy("N5"), (Size{}));
}

TEST_F(Geometry, FormulasUseTheResultOfEarlierSteps) {
    Step half = boxed(40, 0, Fit::inside);
    Step next;
    next.fit = Fit::inside;
    next.width = formula("cw_add_iw");
    EXPECT_EQ(renderOf(png(paint(80, 40, 1, plain(grey))), toPng({half, next})).rendered->size,
              (Size{120, 60}));
}

// The same by the vips command, on files without loss. 40 dB leave room for other rounding; an
// offset of one pixel gives less than 30.

TEST_F(Geometry, ResizingEqualsThatOfVips) {
    const Image image = photograph(600, 400, 3);
    for (int width : {150, 217, 500}) {
        const int height = (width * 400 + 300) / 600;
        const Decoded ours =
            decode(renderOf(png(image), toPng({boxed(width, height, Fit::stretch)})));
        const std::string scales =
            std::to_string(width / 600.0) + " --vscale " + std::to_string(height / 400.0);
        EXPECT_GE(psnr(ours, byCommand("resize", image, scales)), 40) << width;
    }
}

// vips_resize averages as well before it reduces by four or more, so that both may differ from a
// filter over all pixels.
TEST_F(Geometry, ShrinkOnLoadStaysCloseToVips) {
    const Image image = apply(vips_gaussblur, photograph(1600, 1200, 3), 6.0);
    const std::string bytes = jpeg(image, 100);
    const Image decoded = decode(view(bytes), SourceType::jpeg).image;
    for (int width : {100, 190, 400}) {
        const int height = width * 3 / 4;
        const Decoded ours = decode(renderOf(bytes, toPng({boxed(width, height, Fit::stretch)})));
        const std::string scales =
            std::to_string(width / 1600.0) + " --vscale " + std::to_string(height / 1200.0);
        EXPECT_GE(psnr(ours, byCommand("resize", decoded, scales)), 42) << width;
    }
}

TEST_F(Geometry, CutsFlipsAndTurnsEqualThoseOfVips) {
    const Image image = photograph(300, 200, 3);
    Step cut = boxed(120, 80, Fit::extract);
    cut.x = number(31);
    cut.y = number(17);
    EXPECT_TRUE(std::isinf(psnr(decode(renderOf(png(image), toPng({cut}))),
                                byCommand("crop", image, "31 17 120 80"))));
    Step turn;
    turn.quarterTurns = 3;
    EXPECT_TRUE(std::isinf(
        psnr(decode(renderOf(png(image), toPng({turn}))), byCommand("rot", image, "d270"))));
    Step flip;
    flip.flipsVertically = true;
    EXPECT_TRUE(std::isinf(
        psnr(decode(renderOf(png(image), toPng({flip}))), byCommand("flip", image, "vertical"))));
    Step pad = boxed(400, 200, Fit::padExtract);
    EXPECT_TRUE(std::isinf(psnr(decode(renderOf(png(image), toPng({pad}))),
                                byCommand("embed", image, "50 0 400 200 --extend white"))));
}

}  // namespace
}  // namespace private_image
