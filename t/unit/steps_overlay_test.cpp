// Layers and watermarks: where they are drawn, their size and opacity.

#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class OverlaySteps : public pictures::Test {};

Layer layerAt(std::optional<int> x, std::optional<int> y) {
    Layer layer;
    layer.path = "/logo.png";
    layer.x = x ? number(*x) : std::optional<Quantity>();
    layer.y = y ? number(*y) : std::optional<Quantity>();
    return layer;
}

Decoded withLayer(const Layer& layer, const std::string& bytes) {
    Step step;
    step.layers = {layer};
    return decode(renderOf(wideQuadrants(), toPng({step}), pictures::settings(), {bytes}));
}

TEST_F(OverlaySteps, LayersLieAtTheirOffsets) {
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    const Decoded near = withLayer(layerAt(3, 4), logo);
    EXPECT_EQ(near.at(2, 4), red);
    EXPECT_EQ(near.at(3, 4), black);
    EXPECT_EQ(near.at(12, 9), black);
    EXPECT_EQ(near.at(13, 10), red);
    EXPECT_EQ(near.bands, 3);
    const Decoded far = withLayer(layerAt(-5, -1), logo);
    EXPECT_EQ(far.at(65, 38), black);
    EXPECT_EQ(far.at(74, 33), black);
    EXPECT_EQ(far.at(75, 38), yellow);
    EXPECT_EQ(far.at(70, 39), yellow);
}

TEST_F(OverlaySteps, LayerOffsetsAreClampedIntoTheImage) {
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    const Decoded far = withLayer(layerAt(1000, INT32_MAX), logo);
    EXPECT_EQ(far.at(79, 39), black);
    EXPECT_EQ(far.at(69, 39), yellow);
    const Decoded near = withLayer(layerAt(INT32_MIN, -1000), logo);
    EXPECT_EQ(near.at(0, 0), black);
}

TEST_F(OverlaySteps, WithoutOffsetsGravityPlacesALayer) {
    Layer layer = layerAt({}, {});
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    EXPECT_EQ(withLayer(layer, logo).at(40, 20), black);
    EXPECT_EQ(withLayer(layer, logo).at(34, 20), blue);
    layer.gravity = {Gravity::Kind::point, 1, 1};
    EXPECT_EQ(withLayer(layer, logo).at(79, 39), black);
}

TEST_F(OverlaySteps, LayersHaveASizeOfTheirOwn) {
    Layer layer = layerAt(0, 0);
    layer.steps = {boxed(5, 0, Fit::inside)};
    const Decoded result = withLayer(layer, png(paint(10, 6, 3, plain(black))));
    EXPECT_EQ(result.at(4, 2), black);
    EXPECT_EQ(result.at(5, 0), red);
    EXPECT_EQ(result.at(0, 3), red);
}

TEST_F(OverlaySteps, TransparentLayersBlend) {
    const Decoded result = withLayer(layerAt(0, 0), png(paint(10, 6, 4, plain({0, 0, 0, 128}))));
    expectNear(result.at(1, 1), {127, 0, 0}, 1);
    const Decoded none = withLayer(layerAt(0, 0), png(paint(10, 6, 4, plain(clear))));
    EXPECT_EQ(none.at(1, 1), red);
}

TEST_F(OverlaySteps, ALayerLargerThanTheImageIsCutOff) {
    const std::string large = png(paint(200, 200, 3, quadrants(200, 200)));
    EXPECT_EQ(withLayer(layerAt(0, 0), large).at(79, 39), red);
    const Decoded centred = withLayer(layerAt({}, {}), large);
    EXPECT_EQ(centred.at(0, 0), red);
    EXPECT_EQ(centred.at(79, 39), yellow);
}

TEST_F(OverlaySteps, AColouredLayerColoursAGreyImage) {
    Step step;
    step.layers = {layerAt(0, 0)};
    const Decoded result =
        decode(renderOf(png(paint(20, 20, 1, plain(grey))), toPng({step}), pictures::settings(),
                        {png(paint(4, 4, 3, plain(red)))}));
    EXPECT_EQ(result.bands, 3);
    EXPECT_EQ(result.at(1, 1), red);
    EXPECT_EQ(result.at(10, 10), grey);
}

// Watermarks.

RenderOutcome marked(const Watermark& watermark, const std::string& source = wideQuadrants()) {
    Transform transform = toPng({});
    transform.watermarks = {&watermark};
    return renderOf(source, transform);
}

TEST_F(OverlaySteps, AWatermarkLiesAtTheBottomRightByDefault) {
    Watermark watermark = watermarkOf(png(paint(10, 6, 3, plain(black))));
    const Decoded result = decode(marked(watermark));
    EXPECT_EQ(result.at(79, 39), black);
    EXPECT_EQ(result.at(70, 34), black);
    EXPECT_EQ(result.at(69, 39), yellow);
    watermark.margin = 3;
    const Decoded inset = decode(marked(watermark));
    EXPECT_EQ(inset.at(77, 37), yellow);
    EXPECT_EQ(inset.at(76, 36), black);
    EXPECT_EQ(inset.at(67, 31), black);
}

TEST_F(OverlaySteps, OpacityWeakensAWatermark) {
    Watermark watermark = watermarkOf(png(paint(10, 6, 3, plain(black))));
    watermark.opacity = 0.25;
    expectNear(decode(marked(watermark)).at(78, 38), {191, 191, 0}, 2);
}

TEST_F(OverlaySteps, ScaleIsAFractionOfTheWidth) {
    Watermark watermark = watermarkOf(png(paint(10, 6, 3, plain(black))));
    watermark.scale = 0.25;
    watermark.gravity = {Gravity::Kind::point, 0, 0};
    const Decoded result = decode(marked(watermark));
    EXPECT_EQ(result.at(19, 11), black);
    EXPECT_EQ(result.at(20, 0), red);
    EXPECT_EQ(result.at(0, 12), red);
}

TEST_F(OverlaySteps, AWatermarkIsScaledDownToFit) {
    Watermark watermark = watermarkOf(png(paint(300, 300, 3, plain(black))));
    watermark.margin = 5;
    const Decoded result = decode(marked(watermark));
    EXPECT_EQ(result.at(74, 34), black);
    EXPECT_EQ(result.at(45, 5), black);
    EXPECT_EQ(result.at(44, 20), yellow);
    EXPECT_EQ(result.at(60, 4), green);
}

TEST_F(OverlaySteps, TilesCoverTheWholeImage) {
    Watermark watermark = watermarkOf(png(paint(7, 5, 4, plain(black))));
    watermark.tile = true;
    const Decoded result = decode(marked(watermark));
    for (int x = 0; x < 80; ++x) {
        EXPECT_EQ(result.at(x, x / 2), black);
    }
    watermark.margin = 2;
    const Decoded gapped = decode(marked(watermark));
    EXPECT_EQ(gapped.at(0, 0), black);
    EXPECT_EQ(gapped.at(7, 0), red);
    EXPECT_EQ(gapped.at(9, 0), black);
    EXPECT_EQ(gapped.at(0, 5), red);
    EXPECT_EQ(gapped.at(0, 7), black);
}

TEST_F(OverlaySteps, AnImageTooSmallForTheWatermarkIsRefused) {
    Watermark watermark = watermarkOf(png(paint(10, 6, 3, plain(black))));
    watermark.margin = 20;
    const RenderOutcome outcome = marked(watermark);
    EXPECT_FALSE(outcome.rendered);
    EXPECT_EQ(outcome.problem, RenderProblem::badOptions);
    EXPECT_NE(outcome.detail.find("logo"), std::string::npos);
    watermark.margin = 19;
    EXPECT_TRUE(marked(watermark).rendered);
    watermark.margin = UINT32_MAX;
    EXPECT_FALSE(marked(watermark).rendered);
}

TEST_F(OverlaySteps, ADamagedWatermarkRefusesTheImage) {
    EXPECT_FALSE(marked(watermarkOf("not an image")).rendered);
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    EXPECT_FALSE(marked(watermarkOf(logo.substr(0, logo.size() / 2))).rendered);
}

}  // namespace
}  // namespace private_image
