// One spelling per transform.
#include "transform/canonical.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

std::string textOf(const Step& step) {
    Transform transform;
    transform.steps = {step};
    return canonicalText(transform);
}

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

Expression formula(std::string_view text) {
    return parseExpression(text, ExpressionScope::imageLayer).value();
}

TEST(Canonical, defaultsAreLeftOut) {
    EXPECT_EQ(canonicalText({}), "");
    EXPECT_EQ(textOf({}), "()");
}

TEST(Canonical, spellsSizes) {
    Step step;
    step.width = pixels(400);
    step.height = {Length::Unit::fraction, 0.5, {}};
    step.aspectRatio = Quantity{4.0 / 3, {}};
    step.fit = Fit::extract;
    step.gravity = {Gravity::Kind::point, 0, 0.25};
    step.x = Quantity{-3, {}};
    step.centreY = Quantity{0, formula("ih_div_2")};
    EXPECT_EQ(textOf(step),
              "(w=400,h=0.5x,ratio=1.3333333333333333,fit=extract,at=0x0.25,x=-3,cy=(ih_div_2))");

    Step open;
    open.width = {Length::Unit::formula, 0, formula("iw_sub_N10")};
    open.height = {Length::Unit::automatic, 0, {}};
    open.density = 1.5;
    open.gravity = {Gravity::Kind::attention};
    EXPECT_EQ(textOf(open), "(w=(iw_sub_N10),h=auto,density=1.5,keep=attention)");
}

TEST(Canonical, spellsTrimsAndTurns) {
    Step step;
    step.trim.kind = Trim::Kind::frame;
    step.trim.colour = Colour{255, 0, 0, 255};
    step.trim.tolerance = 25.5;
    step.trim.keep = 3;
    step.flipsHorizontally = step.flipsVertically = true;
    step.quarterTurns = 3;
    step.rotation = 45;
    EXPECT_EQ(textOf(step),
              "(trim=(kind=frame,colour=ff0000ff,tolerance=25.5,keep=3),flip=hv,turn=3,rotate=45)");

    Step sides;
    sides.trim.kind = Trim::Kind::sides;
    sides.trim.top = pixels(1);
    sides.trim.left = {Length::Unit::fraction, 0.25, {}};
    EXPECT_EQ(textOf(sides), "(trim=(kind=sides,top=1,left=0.25x))");
}

TEST(Canonical, spellsEffects) {
    Step step;
    step.effects = {Grayscale{},
                    StretchContrast{},
                    Levels{2, 1, 0.5, 1},
                    ReplaceColour{{1, 2, 3, 255}, 40, Colour{0, 0, 0, 255}},
                    Colorize{},
                    Sharpen{1.5},
                    UnsharpMask{},
                    Blur{3},
                    Gradient{90, {255, 0, 0, 255}, {}, {0, formula("ch_div_2")}}};
    EXPECT_EQ(textOf(step),
              "(grayscale=true,stretch-contrast=true,levels=(brightness=2,gamma=0.5),"
              "replace=(to=010203ff,tolerance=40,from=000000ff),colorize=(),sharpen=1.5,"
              "unsharp-mask=(),blur=3,"
              "gradient=(degrees=90,from=ff0000ff,to=000000ff,stop=(ch_div_2)))");
}

TEST(Canonical, spellsWhatComesAfterEffects) {
    Step step;
    step.border = Border{{5, {}}, {0, 0, 0, 255}};
    step.rounding = Rounding{false, {1, 2, 3, 4.5}};
    step.distort = Distort{Distort::Kind::arc, {}, -30};
    step.opacity = 0.5;
    step.shadow = Shadow{10, 50, -3, 2};
    step.background = Background{Background::Kind::blurred, {}, 20, -5, 2};
    EXPECT_EQ(textOf(step),
              "(border=(width=5,colour=000000ff),round=1x2x3x4.5,distort=(arc=-30),opacity=0.5,"
              "shadow=(strength=50,x=-3),background=(kind=blurred,blur=20,brightness=-5))");

    Step other;
    other.rounding = Rounding{true, {}};
    other.distort = Distort{};
    other.distort->corners[0].formula = formula("cw");
    other.background = Background{};
    EXPECT_EQ(textOf(other),
              "(round=max,distort=(corners=(cw)x0x0x0x0x0x0x0),background=000000ff)");
}

TEST(Canonical, spellsLayers) {
    Layer image;
    image.path = "/a (1),b.png";
    image.x = Quantity{-40, {}};
    image.anchor = Layer::Anchor::bottomRight;
    image.mode = Layer::Mode::cutout;
    image.opacity = 0.5;
    Layer text;
    text.kind = Layer::Kind::text;
    text.text.characters = "Hi, \"you\"\n";
    text.text.bold = text.text.strikethrough = true;
    text.text.padding[1] = {3, {}};
    text.text.align = Text::Align::left;
    Layer block;
    block.kind = Layer::Kind::block;
    block.width = {0, formula("bw_mul_0.5")};
    block.colour = {255, 0, 0, 255};
    block.gravity = {Gravity::Kind::point, 0, 0};
    image.steps.resize(1);
    image.steps[0].layers = {text};

    Step step;
    step.layers = {image, block};
    EXPECT_EQ(textOf(step),
              "(layer=(path=/a%20%281%29%2Cb.png,"
              "steps=(layer=(kind=text,text=(characters=Hi%2C%20%22you%22%0A,align=left,"
              "padding=0x3x0x0,style=bs))),opacity=0.5,x=-40,anchor=bottom-right,mode=cutout),"
              "layer=(kind=block,w=(bw_mul_0.5),colour=ff0000ff,at=0x0))");
}

TEST(Canonical, spellsChoices) {
    using enum Condition::Relation;
    Step small;
    small.width = pixels(200);
    Step step;
    step.condition =
        Condition{{{{Variable::currentRatio, greater, 1}, {Variable::inputWidth, lessEqual, -3}},
                   {{Variable::currentHeight, unequal, 30}}}};
    step.then = {small, small};
    EXPECT_EQ(textOf(step), "(if=(car-gt-1,iw-lte--3)(ch-ne-30),then=(w=200)(w=200),else=)");
}

TEST(Canonical, spellsTheResult) {
    Watermark logo;
    logo.name = "lo,go";
    logo.digest = "abc123";
    Transform transform;
    transform.formatChoice = FormatChoice::named;
    transform.format = Format::webp;
    transform.encoding = {60, 30, true, Progressive::never, true, true, true, 300};
    transform.metadata = Metadata::copyright;
    transform.pages = Pages{2, 3};
    transform.isStill = true;
    transform.defaultImage = "/none.png";
    transform.redirectsOnError = true;
    transform.watermarks = {&logo};
    EXPECT_EQ(canonicalText(transform),
              "format=webp,quality=60,slow-quality=30,lossless=true,progressive=false,fast=true,"
              "palette=true,profile=true,dots=300,metadata=copyright,page=2,pages=3,still=true,"
              "default=/none.png,redirect=true,watermark=lo%2Cgo@abc123");
}

}  // namespace
}  // namespace private_image
