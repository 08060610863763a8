// Layers of every kind with their steps, conditions, and the limits of both.
#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Layers : public pictures::Test {};

std::string base() {
    return png(paint(80, 40, 3, plain(red)));
}

Layer block(double width, double height, Colour colour) {
    Layer layer;
    layer.kind = Layer::Kind::block;
    layer.width = {width, {}};
    layer.height = {height, {}};
    layer.colour = colour;
    layer.x = layer.y = Quantity{};
    return layer;
}

Layer image() {
    Layer layer;
    layer.path = "/logo.png";
    layer.x = layer.y = Quantity{};
    return layer;
}

Step with(std::vector<Layer> layers, Step step = {}) {
    step.layers = std::move(layers);
    return step;
}

Quantity formula(const char* text, ExpressionScope scope = ExpressionScope::otherLayer) {
    return {0, parseExpression(text, scope).value_or(Expression{})};
}

TEST_F(Layers, ABlockHasTheRequestedSizeOrThatOfItsParent) {
    const Decoded result = decode(renderOf(base(), toPng({with({block(10, 0, blue)})})));
    EXPECT_EQ(result.at(9, 39), blue);
    EXPECT_EQ(result.at(10, 0), red);
    Layer half = block(0, 0, blue);
    half.width = formula("bw_div_2");
    EXPECT_EQ(decode(renderOf(base(), toPng({with({half})}))).at(39, 39), blue);
    EXPECT_EQ(decode(renderOf(base(), toPng({with({half})}))).at(40, 39), red);
}

TEST_F(Layers, LayersHaveStepsOfTheirOwn) {
    Layer logo = image();
    Step step = boxed(20, 0, Fit::inside);
    step.quarterTurns = 1;
    step.border = Border{{2, {}}, blue};
    logo.steps = {step};
    const Decoded result = decode(
        renderOf(base(), toPng({with({logo})}), settings(), {png(paint(10, 20, 3, plain(green)))}));
    // 20 x 10 after the turn, so 20 x 10 as requested, and a border around it.
    EXPECT_EQ(result.at(0, 0), blue);
    EXPECT_EQ(result.at(2, 2), green);
    EXPECT_EQ(result.at(21, 11), green);
    EXPECT_EQ(result.at(23, 13), blue);
    EXPECT_EQ(result.at(24, 0), red);
}

TEST_F(Layers, NestedLayersAreFetchedInOrder) {
    Layer inner = image();
    Layer outer = image();
    outer.steps = {with({inner})};
    Layer last = image();
    last.x = Quantity{40, {}};
    const Decoded result =
        decode(renderOf(base(), toPng({with({outer, last})}), settings(),
                        {png(paint(20, 20, 3, plain(green))), png(paint(5, 5, 3, plain(blue))),
                         png(paint(5, 5, 3, plain(yellow)))}));
    EXPECT_EQ(result.at(0, 0), blue);
    EXPECT_EQ(result.at(6, 6), green);
    EXPECT_EQ(result.at(20, 6), red);
    EXPECT_EQ(result.at(40, 0), yellow);
}

TEST_F(Layers, AtMostThreeLevelsAreNested) {
    Layer layer = block(4, 4, blue);
    for (int level = 1; level < 3; ++level) {
        Layer around = block(10.0 * level, 10, green);
        around.steps = {with({layer})};
        layer = around;
    }
    const Decoded result = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(result.at(3, 3), blue);
    EXPECT_EQ(result.at(5, 5), green);
    Layer fourth = block(40, 40, yellow);
    fourth.steps = {with({layer})};
    const RenderOutcome refused = renderOf(base(), toPng({with({fourth})}));
    EXPECT_EQ(refused.problem, RenderProblem::badOptions);
    EXPECT_NE(refused.detail.find("deeper than 3"), std::string::npos);
}

TEST_F(Layers, AnAnchorIsThePointThatTheOffsetPlaces) {
    Layer layer = block(10, 10, blue);
    layer.x = Quantity{40, {}};
    layer.y = Quantity{20, {}};
    layer.anchor = Layer::Anchor::centre;
    const Decoded centred = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(centred.at(35, 15), blue);
    EXPECT_EQ(centred.at(44, 24), blue);
    EXPECT_EQ(centred.at(45, 20), red);
    layer.x = Quantity{-5, {}};
    layer.anchor = Layer::Anchor::bottomRight;
    const Decoded far = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(far.at(74, 19), blue);
    EXPECT_EQ(far.at(75, 19), red);
    EXPECT_EQ(far.at(74, 20), red);
}

TEST_F(Layers, AnOffsetOfZeroFromTheFarSideIsTheFarSide) {
    Layer layer = block(10, 10, blue);
    layer.isAtRight = true;
    const Decoded right = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(right.at(70, 9), blue);
    EXPECT_EQ(right.at(79, 0), blue);
    EXPECT_EQ(right.at(69, 0), red);
    EXPECT_EQ(right.at(79, 10), red);
    layer.isAtBottom = true;
    layer.anchor =
        Layer::Anchor::centre;  // half of the layer would be outside, so it is moved inside
    EXPECT_EQ(decode(renderOf(base(), toPng({with({layer})}))).at(70, 30), blue);
}

TEST_F(Layers, APageOfALayerIsChosen) {
    const std::string moving = gif(animation(10, 10, {plain(blue), plain(green)}, {100, 100}, 0));
    Layer logo = image();
    EXPECT_EQ(decode(renderOf(base(), toPng({with({logo})}), settings(), {moving})).at(5, 5), blue);
    logo.page = 1;
    EXPECT_EQ(decode(renderOf(base(), toPng({with({logo})}), settings(), {moving})).at(5, 5),
              green);
    logo.page = 2;
    EXPECT_EQ(renderOf(base(), toPng({with({logo})}), settings(), {moving}).problem,
              RenderProblem::badOptions);
}

// A step that runs if the image is wider than `width`.
Step ifWider(double width, Step then) {
    Step choice;
    choice.condition = Condition{{{{Variable::currentWidth, Condition::Relation::greater, width}}}};
    choice.then = {std::move(then)};
    return choice;
}

TEST_F(Layers, ABranchMayChangeTheResult) {
    Step inWebp;
    inWebp.result.formatChoice = FormatChoice::named;
    inWebp.result.format = Format::webp;
    inWebp.result.lossless = true;
    const auto formatOf = [&](double width) {
        const RenderOutcome outcome = renderOf(base(), toPng({ifWider(width, inWebp)}));
        EXPECT_TRUE(outcome.rendered);
        return outcome.rendered ? outcome.rendered->format : Format::json;
    };
    EXPECT_EQ(formatOf(79), Format::webp);
    EXPECT_EQ(formatOf(80), Format::png);
    // A later step overrides the branch.
    Step inPng;
    inPng.result.formatChoice = FormatChoice::named;
    inPng.result.format = Format::png;
    const RenderOutcome last = renderOf(base(), toPng({ifWider(9, inWebp), inPng}));
    ASSERT_TRUE(last.rendered);
    EXPECT_EQ(last.rendered->format, Format::png);
}

TEST_F(Layers, AnAnimationBecomesAStillIfABranchChoosesAStillFormat) {
    const std::string moving = gif(animation(10, 10, {plain(blue), plain(green)}, {100, 100}, 0));
    Step inJpeg;
    inJpeg.result.formatChoice = FormatChoice::named;
    inJpeg.result.format = Format::jpeg;
    const RenderOutcome outcome = renderOf(moving, as(Format::gif, {ifWider(9, inJpeg)}));
    ASSERT_TRUE(outcome.rendered);
    EXPECT_EQ(outcome.rendered->format, Format::jpeg);
    EXPECT_EQ(outcome.rendered->size, (Size{10, 10}));
    EXPECT_EQ(outcome.rendered->frames, 1u);
}

TEST_F(Layers, OffsetsMayBeFormulasOfImageAndLayer) {
    Layer layer = image();
    layer.x = formula("bw_sub_cw_div_2", ExpressionScope::imageLayer);  // 80 - 10 / 2
    const Decoded result = decode(
        renderOf(base(), toPng({with({layer})}), settings(), {png(paint(10, 10, 3, plain(blue)))}));
    EXPECT_EQ(result.at(70, 0), blue);  // clamped into the image
    EXPECT_EQ(result.at(69, 0), red);
}

TEST_F(Layers, OpacityWeakensALayer) {
    Layer layer = block(10, 10, blue);
    layer.opacity = 0.5;
    expectNear(decode(renderOf(base(), toPng({with({layer})}))).at(1, 1), {127, 0, 128}, 1);
}

TEST_F(Layers, ModesCombineALayerWithTheImage) {
    Layer layer = block(10, 10, blue);
    layer.mode = Layer::Mode::multiply;
    expectNear(decode(renderOf(base(), toPng({with({layer})}))).at(1, 1), black, 1);
    layer.mode = Layer::Mode::cutout;
    const Decoded hole = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(hole.at(1, 1).alpha, 0);
    EXPECT_EQ(hole.at(11, 1), red);
    layer.mode = Layer::Mode::cutter;
    const Decoded shape = decode(renderOf(base(), toPng({with({layer})})));
    EXPECT_EQ(shape.at(1, 1), red);
    EXPECT_EQ(shape.at(11, 1).alpha, 0);
}

TEST_F(Layers, TextIsDrawn) {
    Layer layer;
    layer.kind = Layer::Kind::text;
    layer.text.characters = "Hello";
    layer.text.size = {20, {}};
    layer.text.colour = blue;
    const Decoded result = decode(renderOf(base(), toPng({with({layer})})));
    int inked = 0;
    for (int x = 0; x < 80; ++x) {
        for (int y = 0; y < 40; ++y) {
            inked += result.at(x, y).blue > 200;
        }
    }
    EXPECT_GT(inked, 50);
}

TEST_F(Layers, TextHasAtMostFourMegapixels) {
    Layer layer;
    layer.kind = Layer::Kind::text;
    layer.text.characters = "Hello";
    layer.text.size = {20, {}};
    layer.text.padding = {Quantity{900, {}}, Quantity{900, {}}, Quantity{900, {}},
                          Quantity{900, {}}};
    EXPECT_TRUE(renderOf(base(), toPng({with({layer})})).rendered);
    layer.text.padding[0].constant = 1'300;
    EXPECT_EQ(renderOf(base(), toPng({with({layer})})).problem, RenderProblem::outputTooLarge);
}

TEST_F(Layers, BlocksAndTextsAreLimited) {
    RenderSettings location = settings();
    location.limits.outputPixels = 80 * 40;
    Layer wide = block(81, 40, blue);
    EXPECT_EQ(renderOf(base(), toPng({with({wide})}), location).problem,
              RenderProblem::outputTooLarge);
    wide.width = {65536, {}};
    EXPECT_EQ(renderOf(base(), toPng({with({wide})}), location).problem, RenderProblem::badOptions);
    Layer text;
    text.kind = Layer::Kind::text;
    text.text.characters = "Hello";
    text.text.size = {200, {}};
    EXPECT_EQ(renderOf(base(), toPng({with({text})}), location).problem,
              RenderProblem::outputTooLarge);
}

TEST_F(Layers, TheStepsOfALayerAreLimitedToo) {
    RenderSettings location = settings();
    location.limits.outputPixels = 10'000;
    Layer logo = image();
    logo.steps = {boxed(101, 100, Fit::stretch)};
    EXPECT_EQ(renderOf(base(), toPng({with({logo})}), location, {base()}).problem,
              RenderProblem::outputTooLarge);
}

TEST_F(Layers, ADamagedLayerIsReportedAsDamaged) {
    const std::string logo = png(paint(64, 64, 3, quadrants(64, 64)));
    const RenderOutcome outcome =
        renderOf(base(), toPng({with({image()})}), settings(), {logo.substr(0, logo.size() - 40)});
    EXPECT_EQ(outcome.problem, RenderProblem::damaged) << outcome.detail;
}

// Intermediate images of a step are limited.

RenderProblem problemWithin(std::uint64_t pixels, const Step& step) {
    RenderSettings location = settings();
    location.limits.outputPixels = pixels;
    const RenderOutcome outcome = renderOf(base(), toPng({step}), location);
    return outcome.rendered ? RenderProblem::cancelled : outcome.problem;
}

TEST_F(Layers, BordersAndRotationsAreLimited) {
    Step border;
    border.border = Border{{10, {}}, blue};
    EXPECT_EQ(problemWithin(100 * 60, border), RenderProblem::cancelled);
    EXPECT_EQ(problemWithin(100 * 60 - 1, border), RenderProblem::outputTooLarge);
    border.border->width = {1e9, {}};
    EXPECT_EQ(problemWithin(1'000'000, border), RenderProblem::badOptions);
    border.border->width = {65535, {}};
    EXPECT_EQ(problemWithin(1'000'000, border), RenderProblem::outputTooLarge);
    Step rotation;
    rotation.rotation = 45;
    EXPECT_EQ(problemWithin(3'200, rotation), RenderProblem::outputTooLarge);
    EXPECT_EQ(problemWithin(10'000, rotation), RenderProblem::cancelled);
    Step arc;
    arc.distort = Distort{Distort::Kind::arc, {}, 120};
    EXPECT_EQ(problemWithin(3'200, arc), RenderProblem::outputTooLarge);
}

TEST_F(Layers, AShadowBeyondTwoMegapixelsIsABadOption) {
    Step step = boxed(2001, 1000, Fit::stretch);
    step.shadow = Shadow{};
    EXPECT_EQ(problemWithin(50'000'000, step), RenderProblem::badOptions);
    step = boxed(2000, 1000, Fit::stretch);
    step.shadow = Shadow{};
    EXPECT_EQ(problemWithin(50'000'000, step), RenderProblem::cancelled);
}

TEST_F(Layers, ImpossibleCornersAreABadOption) {
    Step step;
    step.distort = Distort{};
    EXPECT_EQ(problemWithin(50'000'000, step), RenderProblem::badOptions);
}

// Conditions.

Step choice(Variable property, Condition::Relation relation, double value) {
    Step step;
    step.condition = Condition{{{Condition::Test{property, relation, value}}}};
    step.then = {boxed(20, 0, Fit::inside)};
    step.otherwise = {boxed(30, 0, Fit::inside)};
    return step;
}

std::uint32_t widthAfter(std::vector<Step> steps) {
    const RenderOutcome outcome = renderOf(base(), toPng(std::move(steps)));
    return outcome.rendered ? outcome.rendered->size.width : 0;
}

TEST_F(Layers, AConditionChoosesBetweenTwoChains) {
    using Relation = Condition::Relation;
    EXPECT_EQ(widthAfter({choice(Variable::currentRatio, Relation::greater, 1)}), 20u);
    EXPECT_EQ(widthAfter({choice(Variable::currentRatio, Relation::equal, 2)}), 20u);
    EXPECT_EQ(widthAfter({choice(Variable::inputWidth, Relation::less, 80)}), 30u);
    EXPECT_EQ(widthAfter({choice(Variable::inputWidth, Relation::lessEqual, 80)}), 20u);
    EXPECT_EQ(widthAfter({choice(Variable::currentHeight, Relation::unequal, 40)}), 30u);
    EXPECT_EQ(widthAfter({choice(Variable::inputHeight, Relation::greaterEqual, 41)}), 30u);
}

TEST_F(Layers, AConditionUsesTheResultOfThePreviousStep) {
    const Step step = choice(Variable::currentWidth, Condition::Relation::equal, 40);
    EXPECT_EQ(widthAfter({boxed(40, 0, Fit::inside), step}), 20u);
    EXPECT_EQ(widthAfter({step}), 30u);
}

TEST_F(Layers, AlternativesAreJoinedByOr) {
    Step step = choice(Variable::inputWidth, Condition::Relation::equal, 1);
    step.condition->anyOf.push_back({{Variable::inputWidth, Condition::Relation::equal, 80},
                                     {Variable::inputHeight, Condition::Relation::equal, 40}});
    EXPECT_EQ(widthAfter({step}), 20u);
    step.condition->anyOf.back().back().value = 41;
    EXPECT_EQ(widthAfter({step}), 30u);
}

TEST_F(Layers, AnEmptyBranchChangesNothing) {
    Step step = choice(Variable::inputWidth, Condition::Relation::equal, 1);
    step.otherwise.clear();
    EXPECT_EQ(widthAfter({step}), 80u);
}

TEST_F(Layers, LayersOfBothBranchesAreFetchedButOnlyOneIsDrawn) {
    Step step = choice(Variable::inputWidth, Condition::Relation::equal, 1);
    step.then = {with({image()})};
    step.otherwise = {with({image()})};
    const Decoded result =
        decode(renderOf(base(), toPng({step}), settings(),
                        {png(paint(4, 4, 3, plain(green))), png(paint(4, 4, 3, plain(blue)))}));
    EXPECT_EQ(result.at(0, 0), blue);
}

}  // namespace
}  // namespace private_image
