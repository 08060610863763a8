// The normal form: values without effect are removed, all others kept.
#include "transform/normalise.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

Length fraction(double value) {
    return {Length::Unit::fraction, value, {}};
}

Expression formula(std::string_view text) {
    return parseExpression(text, ExpressionScope::imageLayer).value();
}

Length formulaLength(std::string_view text) {
    return {Length::Unit::formula, 0, formula(text)};
}

Quantity formulaQuantity(std::string_view text) {
    return {0, formula(text)};
}

Step normalised(Step step) {
    normalise(step);
    return step;
}

Transform normalised(Transform transform) {
    normalise(transform);
    return transform;
}

Step boxStep(Fit fit = Fit::cover) {
    Step step;
    step.width = step.height = pixels(100);
    step.fit = fit;
    return step;
}

TEST(IdleParts, fitRatioAndGravityAreRemovedWithoutABox) {
    Step step;
    step.fit = Fit::cover;
    step.gravity = {Gravity::Kind::attention};
    step.aspectRatio = Quantity{2, {}};
    step.density = 2;
    step.x = step.centreY = Quantity{3, {}};
    EXPECT_EQ(normalised(step), Step{});
}

TEST(IdleParts, gravityIsRemovedIfNothingIsCutOrPadded) {
    Step step = boxStep();
    step.height = {};
    step.gravity = {Gravity::Kind::attention};
    EXPECT_EQ(normalised(step).gravity, Gravity{});
    EXPECT_EQ(normalised(step).fit, Fit::cover);

    step.aspectRatio = Quantity{2, {}};
    EXPECT_EQ(normalised(step), step);
    step.fit = Fit::stretch;
    EXPECT_EQ(normalised(step).gravity, Gravity{});
    step.fit = Fit::pad;  // attention has no effect if nothing is cut
    EXPECT_EQ(normalised(step).gravity, Gravity{});
}

TEST(IdleParts, onlyExtractKeepsItsCorner) {
    Step step = boxStep(Fit::extract);
    step.x = Quantity{1, {}};
    step.gravity = {Gravity::Kind::point, 1, 0};
    EXPECT_EQ(normalised(step), step);
    step.centreY = Quantity{1, {}};
    EXPECT_EQ(normalised(step).gravity, Gravity{});
    step.fit = Fit::padExtract;
    EXPECT_FALSE(normalised(step).x);
    EXPECT_FALSE(normalised(step).centreY);
}

TEST(IdleParts, ratioCompletesASingleSideOnly) {
    Step step = boxStep();
    step.aspectRatio = Quantity{2, {}};
    EXPECT_FALSE(normalised(step).aspectRatio);
    step.width = {Length::Unit::automatic, 0, {}};  // may be resolved to no width
    EXPECT_TRUE(normalised(step).aspectRatio);
}

TEST(IdleParts, densityIsRemovedIfItMultipliesNoSide) {
    Step step = boxStep();
    step.density = 2;
    EXPECT_EQ(normalised(step).density, 1);
    EXPECT_EQ(normalised(step).width, pixels(100));
    step.height = formulaLength("iw_div_2");
    EXPECT_EQ(normalised(step).density, 2);
    step.height = {Length::Unit::automatic, 0, {}};
    EXPECT_EQ(normalised(step).density, 2);
}

TEST(IdleParts, neutralEffectsAreRemoved) {
    Step step;
    step.effects = {Levels{},   Colorize{{}, 0},
                    Sharpen{0}, UnsharpMask{2, 2, 0, 0},
                    Blur{0},    Gradient{90, {255, 255, 255, 0}, {0, 0, 0, 0}, {}}};
    EXPECT_EQ(normalised(step), Step{});
    step.effects = {Blur{1}, Sharpen{}, Levels{1, 1, 1, 0}, Grayscale{}};
    EXPECT_EQ(normalised(step).effects,
              (std::vector<Effect>{Grayscale{}, Levels{1, 1, 1, 0}, Sharpen{}, Blur{1}}));
}

TEST(IdleParts, emptyFinishIsRemoved) {
    Step step;
    step.rotation = -720;
    step.border = Border{{}, {255, 0, 0, 255}};
    step.rounding = Rounding{};
    step.distort = Distort{Distort::Kind::arc, {}, 0};
    step.shadow = Shadow{10, 0, 2, 2};
    EXPECT_EQ(normalised(step), Step{});
}

TEST(IdleParts, valuesOfOtherKindsAreRemoved) {
    Step step;
    step.rounding = Rounding{true, {1, 2, 3, 4}};
    step.background = Background{Background::Kind::dominant, {1, 2, 3, 4}, 5, 6, 4};
    step.trim.top = pixels(3);
    step = normalised(step);
    EXPECT_EQ(step.rounding, (Rounding{true, {}}));
    EXPECT_EQ(step.background, (Background{Background::Kind::dominant, {}, {}, 0, 2}));
    EXPECT_EQ(step.trim, Trim{});
}

TEST(IdleParts, trimOfNothingIsRemoved) {
    Step step;
    step.trim.kind = Trim::Kind::sides;
    step.trim.top = pixels(0);
    step.trim.left = fraction(0);
    step.trim.tolerance = 3;
    EXPECT_EQ(normalised(step), Step{});
    step.trim.kind = Trim::Kind::box;
    EXPECT_EQ(normalised(step), Step{});
    step.trim.kind = Trim::Kind::frame;
    EXPECT_EQ(normalised(step).trim.tolerance, 3);
}

// Flips are done before turns: corners move as in the comments (of 1 2 / 4 3).
TEST(Orientation, equalOrientationsHaveOneForm) {
    const auto oriented = [](bool h, bool v, int turns) {
        Step step;
        step.flipsHorizontally = h;
        step.flipsVertically = v;
        step.quarterTurns = static_cast<std::uint8_t>(turns);
        return normalised(step);
    };
    EXPECT_EQ(oriented(true, true, 2), Step{});
    EXPECT_EQ(oriented(true, true, 0), oriented(false, false, 2));  // 3 4 / 2 1
    EXPECT_EQ(oriented(true, false, 2), oriented(false, true, 0));  // 4 3 / 1 2
    EXPECT_EQ(oriented(false, true, 3), oriented(true, false, 1));  // 3 2 / 4 1
    EXPECT_NE(oriented(true, false, 1), oriented(false, true, 1));
    EXPECT_NE(oriented(false, false, 1), oriented(false, false, 3));
    EXPECT_EQ(oriented(false, true, 2).quarterTurns, 0);
}

TEST(Orientation, rotationsAreClockwiseAndBelowAFullTurn) {
    Step step;
    step.rotation = -90;
    EXPECT_EQ(normalised(step).rotation, 270);
    step.rotation = 360;
    EXPECT_EQ(normalised(step).rotation, 0);
    step.rotation = -1e-20;
    EXPECT_EQ(normalised(step).rotation, 0);
    step.rotation = 45.5;
    EXPECT_EQ(normalised(step).rotation, 45.5);
}

TEST(Formulas, withoutVariablesBecomeNumbers) {
    Step step = boxStep(Fit::extract);
    step.width = formulaLength("200_div_3");
    step.height = formulaLength("1_div_4");
    step.x = formulaQuantity("3_sub_5");
    step.y = formulaQuantity("ih_div_2");
    step.border = Border{formulaQuantity("2_mul_3"), {}};
    step.density = 2;
    step = normalised(step);
    EXPECT_EQ(step.width, pixels(133));
    EXPECT_EQ(step.height, fraction(0.25));
    EXPECT_EQ(step.x, (Quantity{-2, {}}));
    EXPECT_EQ(step.y, formulaQuantity("ih_div_2"));
    EXPECT_EQ(step.border->width, (Quantity{6, {}}));
    EXPECT_EQ(step.density, 1);
}

TEST(Formulas, outOfRangeAreKeptForThePlan) {
    Step step = boxStep();
    for (const auto* text : {"1_div_0", "3_sub_5", "0", "70000", "40000_mul_2"}) {
        step.width = formulaLength(text);
        EXPECT_EQ(normalised(step).width, step.width) << text;
    }
    for (const auto* text : {"N5", "65535_add_1", "5_mod_0"}) {
        step.border = Border{formulaQuantity(text), {}};
        EXPECT_EQ(normalised(step).border, step.border) << text;
    }
}

TEST(Formulas, borderOfNothingIsRemoved) {
    Step step;
    step.border = Border{formulaQuantity("5_sub_5"), {}};
    EXPECT_EQ(normalised(step), Step{});
}

TEST(NormaliseSteps, emptyStepsAreRemoved) {
    Transform transform;
    transform.steps = {Step{}, boxStep(), Step{}};
    EXPECT_EQ(normalised(transform).steps, (std::vector<Step>{boxStep()}));
}

TEST(NormaliseLayers, areNormalisedWithTheirSteps) {
    Layer layer;
    layer.path = "/a.png";
    layer.text.characters = "no text";
    layer.width = {3, {}};
    layer.gravity = {Gravity::Kind::point, 1, 1};
    layer.anchor = Layer::Anchor::bottom;
    layer.steps = {Step{}, boxStep()};
    layer.steps[1].effects = {Blur{0}};
    Transform transform;
    transform.steps.resize(1);
    transform.steps[0].layers = {layer};

    Layer expected;
    expected.path = "/a.png";
    expected.gravity = {Gravity::Kind::point, 1, 1};
    expected.steps = {boxStep()};
    EXPECT_EQ(normalised(transform).steps[0].layers[0], expected);

    transform.steps[0].layers[0].x = Quantity{};
    expected.gravity = {};
    expected.anchor = Layer::Anchor::bottom;
    expected.x = Quantity{};
    EXPECT_EQ(normalised(transform).steps[0].layers[0], expected);
}

TEST(NormaliseLayers, areNeverDropped) {
    Transform transform;
    transform.steps.resize(1);
    transform.steps[0].layers.resize(1);
    transform.steps[0].layers[0].path = "/a.png";
    transform.steps[0].layers[0].opacity = 0;
    EXPECT_EQ(normalised(transform), transform);
}

Step choiceOf(std::vector<Step> then, std::vector<Step> otherwise) {
    Step step;
    step.condition = Condition{{{{Variable::currentWidth, Condition::Relation::greater, 3}}}};
    step.then = std::move(then);
    step.otherwise = std::move(otherwise);
    return step;
}

TEST(Choices, removeEverythingElseOfTheStep) {
    Step step = choiceOf({boxStep()}, {});
    Step beside = step;
    beside.rotation = 3;
    beside.width = pixels(3);
    EXPECT_EQ(normalised(beside), step);
    Step branches;
    branches.then = {boxStep()};
    EXPECT_EQ(normalised(branches), Step{});
}

TEST(Choices, betweenEqualBranchesAreRemoved) {
    Step other = boxStep();
    other.effects = {Blur{0}};
    Transform transform;
    transform.steps = {choiceOf({boxStep()}, {Step{}, other}), choiceOf({}, {Step{}}),
                       choiceOf({choiceOf({}, {})}, {})};
    EXPECT_EQ(normalised(transform).steps, (std::vector<Step>{boxStep()}));
}

TEST(Choices, theOrderOfTestsDoesNotMatter) {
    using enum Condition::Relation;
    const Condition::Test a{Variable::currentWidth, greater, 3};
    const Condition::Test b{Variable::currentHeight, less, 3};
    Step one = choiceOf({boxStep()}, {});
    Step other = one;
    one.condition = Condition{{{a, b}, {b}}};
    other.condition = Condition{{{b, b}, {b, a}, {b}, {a, b, a}}};
    EXPECT_EQ(normalised(one), normalised(other));
}

TEST(Results, partsWithoutEffectAreRemoved) {
    Transform transform;
    transform.format = Format::png;
    transform.encoding.quality = transform.encoding.slowQuality = 50;
    const Transform result = normalised(transform);
    EXPECT_EQ(result.format, Format::jpeg);
    EXPECT_FALSE(result.encoding.slowQuality);
}

TEST(Padding, needsACompleteBox) {
    EXPECT_FALSE(mayPad({}));
    EXPECT_FALSE(mayPad(boxStep()));
    EXPECT_TRUE(mayPad(boxStep(Fit::pad)));
    EXPECT_TRUE(mayPad(boxStep(Fit::padNoEnlarge)));
    EXPECT_TRUE(mayPad(boxStep(Fit::padExtract)));
    Step step = boxStep(Fit::pad);
    step.height = {};
    EXPECT_FALSE(mayPad(step));
    step.aspectRatio = Quantity{2, {}};
    EXPECT_TRUE(mayPad(step));
    step.aspectRatio.reset();
    step.fit = Fit::padExtract;
    EXPECT_TRUE(mayPad(step));
}

}  // namespace
}  // namespace private_image
