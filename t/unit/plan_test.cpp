// Sizes and rectangles of every fit, with the documented examples of both dialects.
#include "render/plan.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace private_image {
namespace {

constexpr std::uint64_t manyPixels = 50'000'000;

Length pixels(double value) {
    return {Length::Unit::pixels, value};
}
Length fraction(double value) {
    return {Length::Unit::fraction, value};
}

Step boxed(double width, double height, Fit fit) {
    Step step;
    step.width = width > 0 ? pixels(width) : Length{};
    step.height = height > 0 ? pixels(height) : Length{};
    step.fit = fit;
    return step;
}

ImageSizes sizesOf(Size source) {
    return {double(source.width), double(source.height), double(source.width),
            double(source.height)};
}

Planned<ResizePlan> planned(Size source, const Step& step, std::uint64_t maxPixels,
                            std::uint32_t frames) {
    return planResize(source, step, sizesOf(source), {maxPixels, frames});
}

ResizePlan planOf(Size source, const Step& step) {
    const auto result = planned(source, step, manyPixels, 1);
    EXPECT_TRUE(result.plan.has_value());
    return result.plan.value_or(ResizePlan{});
}

Size sizeOf(Size source, double width, double height, Fit fit) {
    return planOf(source, boxed(width, height, fit)).canvas;
}

PlanProblem problemOf(Size source, const Step& step, std::uint64_t maxPixels = manyPixels,
                      std::uint32_t frames = 1) {
    const auto result = planned(source, step, maxPixels, frames);
    EXPECT_FALSE(result.plan.has_value());
    return result.problem;
}

Size sizeWithDensity(Size source, double width, double height, const char* formula) {
    Step step = boxed(width, height, Fit::stretch);
    step.densityFormula = parseExpression(formula, ExpressionScope::image).value();
    return planOf(source, step).canvas;
}

TEST(Plan, ADensityMayBeAFormulaOfTheImageSize) {
    const Size source{200, 100};
    EXPECT_EQ(sizeWithDensity(source, 50, 20, "iar"), (Size{100, 40}));
    EXPECT_EQ(sizeWithDensity(source, 50, 20, "iw_div_80"), (Size{125, 50}));
    EXPECT_EQ(sizeWithDensity(source, 50, 20, "ih_div_1000"), (Size{5, 2}));
    // As with a number, the density is ignored for both sides if one side would not be within 1 to
    // 5000.
    EXPECT_EQ(sizeWithDensity(source, 2501, 20, "iar"), (Size{2501, 20}));
    EXPECT_EQ(sizeWithDensity(source, 4, 1, "ih_div_1000"), (Size{4, 1}));
    for (const char* formula : {"iw", "ih_div_1001", "iw_sub_iw", "iw_sub_300", "iw_div_0",
                                "iw_mod_0", "iw_pow_1000", "iw_pow_iw_pow_iw"}) {
        Step step = boxed(50, 20, Fit::stretch);
        step.densityFormula = parseExpression(formula, ExpressionScope::image).value();
        EXPECT_EQ(problemOf(source, step), PlanProblem::noSize) << formula;
    }
    Step half = boxed(0, 0, Fit::stretch);
    half.width = {Length::Unit::formula, 0,
                  parseExpression("iw_div_4", ExpressionScope::image).value()};
    half.densityFormula = parseExpression("iar", ExpressionScope::image).value();
    EXPECT_EQ(planOf(source, half).canvas, (Size{100, 50}));
}

TEST(Plan, ChangesNothingWithoutSides) {
    for (int fit = 0; fit <= static_cast<int>(Fit::padExtract); ++fit) {
        const ResizePlan plan = planOf({1080, 720}, boxed(0, 0, static_cast<Fit>(fit)));
        EXPECT_EQ(plan.scaled, (Size{1080, 720}));
        EXPECT_EQ(plan.cut, (Rectangle{0, 0, 1080, 720}));
        EXPECT_EQ(plan.placed, (Rectangle{0, 0, 1080, 720}));
        EXPECT_EQ(plan.canvas, (Size{1080, 720}));
    }
}

TEST(Plan, ScaleDownStaysInsideAndNeverEnlarges) {
    EXPECT_EQ(sizeOf({1080, 720}, 500, 500, Fit::insideNoEnlarge), (Size{500, 333}));
    EXPECT_EQ(sizeOf({1080, 720}, 2000, 2000, Fit::insideNoEnlarge), (Size{1080, 720}));
    EXPECT_EQ(sizeOf({640, 865}, 300, 200, Fit::insideNoEnlarge), (Size{148, 200}));
}

TEST(Plan, ContainStaysInsideAndMayEnlarge) {
    EXPECT_EQ(sizeOf({100, 50}, 500, 500, Fit::inside), (Size{500, 250}));
    EXPECT_EQ(sizeOf({640, 865}, 850, 1000, Fit::inside), (Size{740, 1000}));
}

TEST(Plan, ScaleUpNeverShrinks) {
    EXPECT_EQ(sizeOf({1080, 720}, 500, 500, Fit::insideNoShrink), (Size{1080, 720}));
    EXPECT_EQ(sizeOf({100, 50}, 500, 500, Fit::insideNoShrink), (Size{500, 250}));
    EXPECT_EQ(sizeOf({1080, 720}, 500, 0, Fit::insideNoShrink), (Size{1080, 720}));
    EXPECT_EQ(sizeOf({1080, 720}, 2160, 0, Fit::insideNoShrink), (Size{2160, 1440}));
}

TEST(Plan, AtLeastCoversAndCutsNothing) {
    EXPECT_EQ(sizeOf({640, 865}, 300, 200, Fit::outside), (Size{300, 405}));
}

TEST(Plan, CoverCutsToTheBox) {
    const ResizePlan plan = planOf({1080, 720}, boxed(500, 500, Fit::cover));
    EXPECT_EQ(plan.scaled, (Size{750, 500}));
    EXPECT_EQ(plan.cut, (Rectangle{125, 0, 500, 500}));
    EXPECT_EQ(plan.canvas, (Size{500, 500}));
    EXPECT_EQ(sizeOf({640, 865}, 300, 200, Fit::cover), (Size{300, 200}));
    EXPECT_EQ(sizeOf({10, 10}, 300, 200, Fit::cover), (Size{300, 200}));
}

TEST(Plan, CropNeverEnlarges) {
    const ResizePlan larger = planOf({1080, 720}, boxed(500, 500, Fit::coverNoEnlarge));
    EXPECT_EQ(larger.scaled, (Size{750, 500}));
    EXPECT_EQ(larger.canvas, (Size{500, 500}));
    EXPECT_EQ(sizeOf({1080, 720}, 1296, 1296, Fit::coverNoEnlarge), (Size{1080, 720}));
    EXPECT_EQ(sizeOf({1080, 720}, 800, 1296, Fit::coverNoEnlarge), (Size{800, 720}));
}

TEST(Plan, AspectCropKeepsTheSizeOfASmallerSource) {
    EXPECT_EQ(sizeOf({612, 613}, 1920, 1120, Fit::coverRatio), (Size{612, 357}));
    EXPECT_EQ(sizeOf({2000, 500}, 1000, 1000, Fit::coverRatio), (Size{500, 500}));
    const ResizePlan plan = planOf({1080, 720}, boxed(500, 500, Fit::coverRatio));
    EXPECT_EQ(plan.scaled, (Size{750, 500}));
    EXPECT_EQ(plan.canvas, (Size{500, 500}));
}

TEST(Plan, SqueezeIgnoresTheRatio) {
    EXPECT_EQ(sizeOf({1080, 720}, 1080, 540, Fit::stretch), (Size{1080, 540}));
    EXPECT_EQ(sizeOf({640, 865}, 300, 200, Fit::stretch), (Size{300, 200}));
}

TEST(Plan, PadExtendsTheCanvas) {
    const ResizePlan plan = planOf({1080, 720}, boxed(1080, 1080, Fit::pad));
    EXPECT_EQ(plan.scaled, (Size{1080, 720}));
    EXPECT_EQ(plan.placed, (Rectangle{0, 180, 1080, 720}));
    EXPECT_EQ(plan.canvas, (Size{1080, 1080}));
    EXPECT_EQ(planOf({100, 50}, boxed(400, 400, Fit::pad)).scaled, (Size{400, 200}));
    EXPECT_EQ(planOf({100, 50}, boxed(400, 400, Fit::padNoEnlarge)).scaled, (Size{100, 50}));
    EXPECT_EQ(planOf({800, 400}, boxed(400, 400, Fit::padNoEnlarge)).scaled, (Size{400, 200}));
}

TEST(Plan, GravityPlacesAPaddedImage) {
    Step step = boxed(300, 100, Fit::pad);
    step.gravity = {Gravity::Kind::point, 0, 0.5};
    EXPECT_EQ(planOf({100, 100}, step).placed, (Rectangle{0, 0, 100, 100}));
    step.gravity.x = 1;
    EXPECT_EQ(planOf({100, 100}, step).placed, (Rectangle{200, 0, 100, 100}));
}

TEST(Plan, GravityIsAFractionOfTheOverflow) {
    Step step = boxed(500, 500, Fit::cover);
    const auto leftAt = [&](double x) {
        step.gravity = {Gravity::Kind::point, x, 0.5};
        return planOf({1080, 720}, step).cut.left;
    };
    EXPECT_EQ(leftAt(0), 0);
    EXPECT_EQ(leftAt(1), 250);
    EXPECT_EQ(leftAt(0.33), 83);  // 82.5 rounds up
    EXPECT_EQ(leftAt(0.1), 25);
}

TEST(Plan, OneSideAloneKeepsTheRatio) {
    EXPECT_EQ(sizeOf({1080, 720}, 500, 0, Fit::cover), (Size{500, 333}));
    EXPECT_EQ(sizeOf({1080, 720}, 0, 333, Fit::pad), (Size{500, 333}));
    EXPECT_EQ(sizeOf({200, 300}, 100, 0, Fit::insideNoEnlarge), (Size{100, 150}));
    EXPECT_EQ(sizeOf({200, 300}, 400, 0, Fit::insideNoEnlarge), (Size{200, 300}));
    EXPECT_EQ(sizeOf({200, 300}, 400, 0, Fit::stretch), (Size{400, 600}));
    EXPECT_EQ(sizeOf({200, 300}, 400, 0, Fit::outside), (Size{400, 600}));
    EXPECT_EQ(sizeOf({200, 300}, 400, 0, Fit::coverRatio), (Size{200, 300}));
}

TEST(Plan, ExtractCutsWithoutScaling) {
    const ResizePlan plan = planOf({640, 865}, boxed(200, 200, Fit::extract));
    EXPECT_EQ(plan.scaled, (Size{640, 865}));
    EXPECT_EQ(plan.cut, (Rectangle{220, 333, 200, 200}));  // 332.5 rounds up
    EXPECT_EQ(sizeOf({640, 865}, 1000, 200, Fit::extract), (Size{640, 200}));
    EXPECT_EQ(sizeOf({640, 865}, 200, 0, Fit::extract), (Size{200, 865}));
}

TEST(Plan, ExtractAtAPointMustStayInside) {
    Step step = boxed(200, 100, Fit::extract);
    step.x = Quantity{double(440), {}};
    step.y = Quantity{double(765), {}};
    EXPECT_EQ(planOf({640, 865}, step).cut, (Rectangle{440, 765, 200, 100}));
    step.x = Quantity{double(441), {}};
    EXPECT_EQ(problemOf({640, 865}, step), PlanProblem::cutBeyondEdge);
    step.x = Quantity{double(-1), {}};
    EXPECT_EQ(problemOf({640, 865}, step), PlanProblem::cutBeyondEdge);
    step.x.reset();
    step.y = Quantity{double(INT32_MAX), {}};
    EXPECT_EQ(problemOf({640, 865}, step), PlanProblem::cutBeyondEdge);
    step.y = Quantity{double(0), {}};
    EXPECT_EQ(planOf({640, 865}, step).cut, (Rectangle{220, 0, 200, 100}));
}

TEST(Plan, PadExtractCutsAndPads) {
    const ResizePlan padded = planOf({600, 600}, boxed(700, 700, Fit::padExtract));
    EXPECT_EQ(padded.canvas, (Size{700, 700}));
    EXPECT_EQ(padded.placed, (Rectangle{50, 50, 600, 600}));
    const ResizePlan both = planOf({600, 600}, boxed(700, 100, Fit::padExtract));
    EXPECT_EQ(both.cut, (Rectangle{0, 250, 600, 100}));
    EXPECT_EQ(both.canvas, (Size{700, 100}));
}

TEST(Plan, AspectRatioCompletesASingleSide) {
    Step step = boxed(400, 0, Fit::cover);
    step.aspectRatio = Quantity{4.0 / 3, {}};
    EXPECT_EQ(planOf({640, 865}, step).canvas, (Size{400, 300}));
    step.height = pixels(100);
    EXPECT_EQ(planOf({640, 865}, step).canvas, (Size{400, 100}));
    step.width = {};
    EXPECT_EQ(planOf({640, 865}, step).canvas, (Size{133, 100}));
    step.height = {};
    EXPECT_EQ(planOf({640, 865}, step).canvas, (Size{640, 865}));
}

TEST(Plan, FractionsAreRelativeToTheSource) {
    Step step = boxed(0, 0, Fit::stretch);
    step.width = fraction(0.5);
    step.height = fraction(0.1);
    EXPECT_EQ(planOf({1080, 725}, step).canvas, (Size{540, 73}));  // 72.5 rounds up
    step.width = fraction(0);
    EXPECT_EQ(planOf({1080, 725}, step).canvas.width, 1u);
}

TEST(Plan, ASideIsNeverLessThanOnePixel) {
    EXPECT_EQ(sizeOf({10'000, 1}, 10, 10, Fit::inside), (Size{10, 1}));
    EXPECT_EQ(sizeOf({1, 10'000}, 10, 10, Fit::inside), (Size{1, 10}));
    EXPECT_EQ(sizeOf({2000, 3}, 1, 0, Fit::inside), (Size{1, 1}));
}

TEST(Plan, LimitsIntermediateImages) {
    // Scaled to 10,000,000 x 1000 before it is cut.
    EXPECT_EQ(problemOf({10'000, 1}, boxed(1000, 1000, Fit::cover)), PlanProblem::tooLarge);
    EXPECT_EQ(problemOf({10, 10}, boxed(8000, 8000, Fit::pad)), PlanProblem::tooLarge);
    EXPECT_EQ(problemOf({10, 10}, boxed(8000, 8000, Fit::padExtract)), PlanProblem::tooLarge);
    EXPECT_EQ(problemOf({8000, 8000}, boxed(0, 0, Fit::inside)), PlanProblem::tooLarge);
    EXPECT_TRUE(planned({100, 100}, boxed(100, 100, Fit::inside), 10'000, 1).plan);
    EXPECT_FALSE(planned({100, 100}, boxed(100, 100, Fit::inside), 9'999, 1).plan);
}

TEST(Plan, CountsThePixelsOfAllFrames) {
    const Step step = boxed(100, 100, Fit::inside);
    EXPECT_TRUE(planned({100, 100}, step, 100'000, 10).plan);
    EXPECT_EQ(problemOf({100, 100}, step, 100'000, 11), PlanProblem::tooLarge);
}

TEST(Plan, CountsOnlyTheExtractedPartOfALargeSource) {
    EXPECT_EQ(planOf({10'000, 9'000}, boxed(100, 100, Fit::extract)).canvas, (Size{100, 100}));
}

TEST(Plan, HugeSidesDoNotOverflow) {
    for (int fit = 0; fit <= static_cast<int>(Fit::padExtract); ++fit) {
        const Step step = boxed(65535, 65535, static_cast<Fit>(fit));
        planned({UINT32_MAX, 1}, step, UINT64_MAX, UINT32_MAX);
        planned({1, UINT32_MAX}, step, UINT64_MAX, 1);
        const auto result = planned({UINT32_MAX, UINT32_MAX}, step, UINT64_MAX, 1);
        EXPECT_LE(result.plan.value_or(ResizePlan{}).canvas.width, 65535u);
    }
    EXPECT_EQ(problemOf({0, 10}, Step{}), PlanProblem::tooLarge);
}

TEST(Plan, AttentionIsUsedOnlyIfSomethingIsCut) {
    Step step = boxed(500, 500, Fit::cover);
    step.gravity.kind = Gravity::Kind::attention;
    EXPECT_TRUE(planOf({1080, 720}, step).cutByAttention);
    EXPECT_FALSE(planOf({720, 720}, step).cutByAttention);
    step.fit = Fit::pad;
    EXPECT_FALSE(planOf({1080, 720}, step).cutByAttention);
    step.fit = Fit::extract;
    EXPECT_TRUE(planOf({1080, 720}, step).cutByAttention);
    step.x = Quantity{double(0), {}};
    EXPECT_FALSE(planOf({1080, 720}, step).cutByAttention);
}

}  // namespace
}  // namespace private_image
