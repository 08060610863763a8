// Every step by what it leaves in decoded pixels.
#include <algorithm>
#include <cmath>

#include "pictures.hpp"
#include "render/steps/orient.hpp"
#include "tiff_maker.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Steps : public pictures::Test {};

// 80 x 40, a colour in each quadrant.
std::string wide() {
    return png(paint(80, 40, 3, quadrants(80, 40)));
}

TEST_F(Steps, NothingAskedNothingChanged) {
    const Decoded result = decode(renderOf(wide(), toPng({})));
    EXPECT_EQ(result.size, (Size{80, 40}));
    EXPECT_EQ(result.bands, 3);
    EXPECT_EQ(result.at(0, 0), red);
    EXPECT_EQ(result.at(79, 0), green);
    EXPECT_EQ(result.at(0, 39), blue);
    EXPECT_EQ(result.at(79, 39), yellow);
}

TEST_F(Steps, InsideKeepsTheWholeImage) {
    const Decoded result = decode(renderOf(wide(), toPng({boxed(40, 40, Fit::inside)})));
    EXPECT_EQ(result.size, (Size{40, 20}));
    EXPECT_EQ(result.at(2, 2), red);
    EXPECT_EQ(result.at(37, 2), green);
    EXPECT_EQ(result.at(2, 17), blue);
    EXPECT_EQ(result.at(37, 17), yellow);
}

TEST_F(Steps, EnlargingFitsEnlarge) {
    EXPECT_EQ(decode(renderOf(wide(), toPng({boxed(160, 160, Fit::inside)}))).size,
              (Size{160, 80}));
    EXPECT_EQ(decode(renderOf(wide(), toPng({boxed(160, 160, Fit::outside)}))).size,
              (Size{320, 160}));
    EXPECT_EQ(decode(renderOf(wide(), toPng({boxed(160, 160, Fit::insideNoShrink)}))).size,
              (Size{160, 80}));
    EXPECT_EQ(decode(renderOf(wide(), toPng({boxed(160, 160, Fit::insideNoEnlarge)}))).size,
              (Size{80, 40}));
}

TEST_F(Steps, CoverCutsAtTheGravityPoint) {
    Step step = boxed(20, 20, Fit::cover);
    const Decoded centre = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(centre.size, (Size{20, 20}));
    EXPECT_EQ(centre.at(1, 1), red);
    EXPECT_EQ(centre.at(18, 18), yellow);
    step.gravity = {Gravity::Kind::point, 0, 0.5};
    const Decoded left = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(left.at(16, 1), red);
    EXPECT_EQ(left.at(1, 18), blue);
    step.gravity.x = 1;
    const Decoded right = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(right.at(3, 1), green);
    EXPECT_EQ(right.at(18, 18), yellow);
}

TEST_F(Steps, CropOfASmallerSourceKeepsItsSize) {
    EXPECT_EQ(decode(renderOf(wide(), toPng({boxed(100, 100, Fit::coverNoEnlarge)}))).size,
              (Size{80, 40}));
    const Decoded ratio = decode(renderOf(wide(), toPng({boxed(100, 100, Fit::coverRatio)})));
    EXPECT_EQ(ratio.size, (Size{40, 40}));
    EXPECT_EQ(ratio.at(0, 0), red);
    EXPECT_EQ(ratio.at(39, 39), yellow);
}

TEST_F(Steps, StretchTakesTheBox) {
    const Decoded result = decode(renderOf(wide(), toPng({boxed(20, 60, Fit::stretch)})));
    EXPECT_EQ(result.size, (Size{20, 60}));
    EXPECT_EQ(result.at(2, 20), red);
    EXPECT_EQ(result.at(17, 50), yellow);
}

TEST_F(Steps, PadFillsWithTheBackground) {
    Step step = boxed(80, 80, Fit::pad);
    step.background = plainBackground(Colour{10, 20, 30});
    const Decoded result = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(result.size, (Size{80, 80}));
    EXPECT_EQ(result.at(0, 19), (Colour{10, 20, 30}));
    EXPECT_EQ(result.at(0, 20), red);
    EXPECT_EQ(result.at(79, 59), yellow);
    EXPECT_EQ(result.at(79, 60), (Colour{10, 20, 30}));
    step.background.reset();
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(0, 0), white);
}

TEST_F(Steps, PadPlacesTheImageByGravity) {
    Step step = boxed(100, 40, Fit::padNoEnlarge);
    step.gravity = {Gravity::Kind::point, 0, 0.5};
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(0, 0), red);
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(99, 0), white);
    step.gravity.x = 1;
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(0, 0), white);
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(99, 0), green);
}

TEST_F(Steps, ATransparentBackgroundPadsTransparently) {
    Step step = boxed(80, 80, Fit::pad);
    step.background = plainBackground(Colour{255, 0, 0, 0});
    const Decoded result = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(result.bands, 4);
    EXPECT_EQ(result.at(0, 0).alpha, 0);
    EXPECT_EQ(result.at(0, 30), red);
}

TEST_F(Steps, ExtractCutsWithoutScaling) {
    Step step = boxed(20, 10, Fit::extract);
    const Decoded centre = decode(renderOf(wide(), toPng({step})));
    EXPECT_EQ(centre.size, (Size{20, 10}));
    EXPECT_EQ(centre.at(9, 4), red);
    EXPECT_EQ(centre.at(10, 5), yellow);
    step.x = number(60);
    step.y = number(30);
    EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).at(0, 0), yellow);
}

TEST_F(Steps, PadExtractCutsOneSideAndPadsTheOther) {
    const Decoded result = decode(renderOf(wide(), toPng({boxed(40, 60, Fit::padExtract)})));
    EXPECT_EQ(result.size, (Size{40, 60}));
    EXPECT_EQ(result.at(0, 9), white);
    EXPECT_EQ(result.at(19, 10), red);
    EXPECT_EQ(result.at(20, 49), yellow);
}

TEST_F(Steps, OfAnyShapeTheSizeIsExactlyThePlanned) {
    for (int width = 1; width <= 40; width += 3) {
        for (int height = 1; height <= 90; height += 7) {
            const Transform transform = toPng({boxed(width, height, Fit::stretch)});
            ASSERT_EQ(decode(renderOf(wide(), transform)).size,
                      (Size{std::uint32_t(width), std::uint32_t(height)}));
        }
    }
}

TEST_F(Steps, ShrinkOnLoadGivesExactSizesToo) {
    const std::string source = jpeg(paint(643, 481, 3, quadrants(643, 481)));
    for (int width = 1; width < 643; width += 13) {
        const Decoded result = decode(renderOf(source, toPng({boxed(width, 0, Fit::inside)})));
        const int height = std::max(1, int(std::lround(481.0 * width / 643)));
        ASSERT_EQ(result.size, (Size{std::uint32_t(width), std::uint32_t(height)}));
        if (width > 20) {
            expectNear(result.at(width / 4, height / 4), red, 6);
            expectNear(result.at(width * 3 / 4, height * 3 / 4), yellow, 6);
        }
    }
}

TEST_F(Steps, WebpShrunkOnLoadHasExactSizes) {
    const std::string source = webp(paint(643, 481, 3, quadrants(643, 481)));
    for (int width = 1; width < 643; width += 37) {
        for (int height : {1, 20, 333}) {
            ASSERT_EQ(decode(renderOf(source, toPng({boxed(width, height, Fit::stretch)}))).size,
                      (Size{std::uint32_t(width), std::uint32_t(height)}));
        }
    }
}

TEST_F(Steps, ChainedStepsWorkOnEachOthersResults) {
    Step first = boxed(40, 40, Fit::cover);
    first.gravity = {Gravity::Kind::point, 0, 0.5};
    Step second = boxed(60, 60, Fit::padNoEnlarge);
    second.background = plainBackground(black);
    Step third;
    third.width = {Length::Unit::fraction, 0.5};
    const Decoded result = decode(renderOf(wide(), toPng({first, second, third})));
    EXPECT_EQ(result.size, (Size{30, 30}));
    EXPECT_EQ(result.at(0, 0), black);
    // The filter's outermost lobe still reaches the padding.
    expectNear(result.at(15, 8), red, 2);
    expectNear(result.at(15, 22), blue, 2);
}

// Stored pixels for each orientation, so that upright it is `wide()`.
Image storedFor(int orientation) {
    const Size stored = withAxesOf(orientation, {80, 40});
    const Painter wideAt = quadrants(80, 40);
    Image image = paint(int(stored.width), int(stored.height), 3, [&](int x, int y) {
        // Definition of EXIF: which upright pixel a stored one is.
        switch (orientation) {
            case 2:
                return wideAt(79 - x, y);
            case 3:
                return wideAt(79 - x, 39 - y);
            case 4:
                return wideAt(x, 39 - y);
            case 5:
                return wideAt(y, x);
            case 6:
                return wideAt(79 - y, x);
            case 7:
                return wideAt(79 - y, 39 - x);
            case 8:
                return wideAt(y, 39 - x);
            default:
                return wideAt(x, y);
        }
    });
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, orientation);
    return image;
}

TEST_F(Steps, EveryExifOrientationIsTurnedUpright) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        SCOPED_TRACE(orientation);
        const std::string source = jpeg(storedFor(orientation), 100);
        const RenderOutcome outcome = renderOf(source, toPng({}));
        EXPECT_EQ(outcome.sourceSize, (Size{80, 40}));
        const Decoded result = decode(outcome);
        ASSERT_EQ(result.size, (Size{80, 40}));
        expectNear(result.at(4, 4), red, 8);
        expectNear(result.at(75, 4), green, 8);
        expectNear(result.at(4, 35), blue, 8);
        expectNear(result.at(75, 35), yellow, 8);
        EXPECT_FALSE(result.has(VIPS_META_ORIENTATION));
    }
}

TEST_F(Steps, CutsAreMadeInTheUprightImage) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        SCOPED_TRACE(orientation);
        const std::string source = jpeg(storedFor(orientation), 100);
        Step step = boxed(20, 10, Fit::extract);
        step.x = number(55);
        step.y = number(2);
        expectNear(decode(renderOf(source, toPng({step}))).at(10, 5), green, 8);
        Step cover = boxed(10, 40, Fit::cover);
        cover.gravity = {Gravity::Kind::point, 0, 0};
        const Decoded covered = decode(renderOf(source, toPng({cover})));
        ASSERT_EQ(covered.size, (Size{10, 40}));
        expectNear(covered.at(5, 35), blue, 8);
    }
}

TEST_F(Steps, AProfileIsAppliedAndThenGone) {
    Image image = paint(16, 16, 3, plain({200, 100, 50}));
    VipsBlob* profile = nullptr;
    ASSERT_EQ(vips_profile_load("p3", &profile, nullptr), 0);
    std::size_t size = 0;
    const void* data = vips_blob_get(profile, &size);
    vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, data, size);
    vips_area_unref(VIPS_AREA(profile));
    const Decoded result = decode(renderOf(png(image), toPng({})));
    EXPECT_FALSE(result.has(VIPS_META_ICC_NAME));
    // Display P3 200,100,50 is a stronger red in sRGB.
    expectNear(result.at(8, 8), {212, 96, 36}, 6);
}

TEST_F(Steps, ABrokenProfileIsNoProfile) {
    for (const std::string& profile :
         {std::string("not a profile"), std::string(400, '\0'),
          std::string(16, 'x') + "GRAY" + std::string(16, 'x') + "acsp" + std::string(200, 'x'),
          std::string(16, 'x') + "RGB " + std::string(16, 'x') + "acsp" + std::string(200, 'x')}) {
        Image image = paint(16, 16, 3, plain({200, 100, 50}));
        vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, profile.data(), profile.size());
        const Decoded result = decode(renderOf(jpeg(image, 100), toPng({})));
        EXPECT_EQ(result.bands, 3);
        expectNear(result.at(8, 8), {200, 100, 50}, 3);
    }
}

TEST_F(Steps, CmykBecomesRgb) {
    const Image ink = apply(vips_copy, paint(16, 16, 4, plain({0, 255, 255, 0})), "interpretation",
                            VIPS_INTERPRETATION_CMYK);
    const Decoded result = decode(renderOf(jpeg(ink, 95), toPng({boxed(8, 8, Fit::inside)})));
    EXPECT_EQ(result.bands, 3);
    const Colour colour = result.at(4, 4);
    EXPECT_GT(colour.red, 180);
    EXPECT_LT(colour.green, 80);
    EXPECT_LT(colour.blue, 80);
}

TEST_F(Steps, SixteenBitsBecomeEight) {
    const Image deep = apply(vips_colourspace, paint(16, 16, 4, plain({200, 100, 50, 128})),
                             VIPS_INTERPRETATION_RGB16);
    const Decoded result = decode(renderOf(png(deep), toPng({boxed(8, 8, Fit::inside)})));
    EXPECT_EQ(result.image.get()->BandFmt, VIPS_FORMAT_UCHAR);
    expectNear(result.at(4, 4), {200, 100, 50, 128}, 1);
    const Image grey =
        apply(vips_colourspace, paint(16, 16, 1, plain({77, 0, 0})), VIPS_INTERPRETATION_GREY16);
    EXPECT_EQ(decode(renderOf(png(grey), toPng({}))).at(4, 4), (Colour{77, 77, 77}));
}

TEST_F(Steps, FloatingPointAndLabTiffBecomeSrgb) {
    const Image lab =
        apply(vips_colourspace, paint(16, 16, 3, plain({200, 100, 50})), VIPS_INTERPRETATION_LAB);
    expectNear(decode(renderOf(tiff(lab), toPng({}))).at(4, 4), {200, 100, 50}, 3);
    const Image linear =
        apply(vips_colourspace, paint(16, 16, 3, plain({200, 100, 50})), VIPS_INTERPRETATION_scRGB);
    EXPECT_EQ(decode(renderOf(tiff(linear), toPng({}))).bands, 3);
}

TEST_F(Steps, GreyStaysGreyUntilSomethingNeedsColour) {
    const std::string source = png(paint(16, 16, 1, plain(grey)));
    EXPECT_EQ(decode(renderOf(source, toPng({boxed(8, 8, Fit::inside)}))).bands, 1);
    EXPECT_EQ(decode(renderOf(source, toPng({boxed(8, 20, Fit::pad)}))).bands, 1);
    Step step = boxed(8, 20, Fit::pad);
    step.background = plainBackground(red);
    const Decoded coloured = decode(renderOf(source, toPng({step})));
    EXPECT_EQ(coloured.bands, 3);
    EXPECT_EQ(coloured.at(0, 0), red);
    EXPECT_EQ(coloured.at(4, 10), grey);
}

TEST_F(Steps, TransparentPixelsDoNotBleed) {
    // Opaque red beside transparent green: nothing of the green may show.
    const std::string source = png(paint(64, 64, 4, [](int x, int) {
        return x < 32 ? red : Colour{0, 255, 0, 0};
    }));
    const Decoded result = decode(renderOf(source, toPng({boxed(15, 15, Fit::inside)})));
    ASSERT_EQ(result.bands, 4);
    for (int x = 0; x < 15; ++x) {
        const Colour colour = result.at(x, 7);
        if (colour.alpha > 8) {
            EXPECT_GT(colour.red, 240) << x;
            EXPECT_LT(colour.green, 15) << x;
        }
    }
    EXPECT_EQ(result.at(0, 7), red);
    EXPECT_EQ(result.at(14, 7).alpha, 0);
}

TEST_F(Steps, FlatAlphaImagesKeepTheirExactColour) {
    const std::string source = png(paint(64, 64, 4, plain({201, 77, 3, 200})));
    const Decoded result = decode(renderOf(source, toPng({boxed(17, 23, Fit::stretch)})));
    expectNear(result.at(8, 11), {201, 77, 3, 200}, 1);
}

TEST_F(Steps, ABackgroundEndsTransparency) {
    const std::string source = png(paint(16, 16, 4, plain(clear)));
    Step step;
    step.background = plainBackground(Colour{9, 8, 7});
    const Decoded result = decode(renderOf(source, toPng({step})));
    EXPECT_EQ(result.bands, 3);
    EXPECT_EQ(result.at(8, 8), (Colour{9, 8, 7}));
    step.background = plainBackground(Colour{100, 100, 100, 128});
    expectNear(decode(renderOf(source, toPng({step}))).at(8, 8), {100, 100, 100, 128}, 1);
}

TEST_F(Steps, GreyWithAlphaIsFlattenedToo) {
    const std::string source = png(paint(16, 16, 2, plain(clear)));
    Step step;
    step.background = plainBackground(Colour{9, 9, 9});
    EXPECT_EQ(decode(renderOf(source, toPng({step}))).at(8, 8), (Colour{9, 9, 9}));
    step.background = plainBackground(Colour{9, 8, 7});
    EXPECT_EQ(decode(renderOf(source, toPng({step}))).at(8, 8), (Colour{9, 8, 7}));
}

TEST_F(Steps, JpegOfTransparencyIsOnWhite) {
    const std::string source = png(paint(16, 16, 4, plain(clear)));
    expectNear(decode(renderOf(source, as(Format::jpeg))).at(8, 8), white, 1);
}

TEST_F(Steps, BlurSpreadsAndSharpenSteepens) {
    const std::string edge = png(paint(64, 64, 3, [](int x, int) {
        return x < 32 ? Colour{80, 80, 80} : Colour{170, 170, 170};
    }));
    Step step;
    step.effects = {Blur{10}};
    const Decoded soft = decode(renderOf(edge, toPng({step})));
    EXPECT_GT(soft.at(28, 32).red, 85);
    EXPECT_LT(soft.at(35, 32).red, 165);
    EXPECT_EQ(soft.size, (Size{64, 64}));
    step.effects = {Sharpen{3}};
    const Decoded sharp = decode(renderOf(edge, toPng({step})));
    EXPECT_LT(sharp.at(31, 32).red, 80);
    EXPECT_GT(sharp.at(32, 32).red, 170);
    expectNear(sharp.at(2, 2), {80, 80, 80}, 1);
}

TEST_F(Steps, AWideBlurOfAnyShapeKeepsTheSize) {
    for (double radius : {1.0, 17.0, 60.0, 250.0}) {
        for (Size size : {Size{1, 1}, Size{3, 200}, Size{200, 3}, Size{97, 61}}) {
            Step step = boxed(size.width, size.height, Fit::stretch);
            step.effects = {Blur{radius}};
            ASSERT_EQ(decode(renderOf(wide(), toPng({step}))).size, size);
        }
    }
}

TEST_F(Steps, WideAndNarrowBlursAreOfOneFamily) {
    // A step function blurred by sigma is at about 84 % one sigma beside the edge; libvips cuts the
    // tails of its Gaussians off, which makes them a little narrower.
    const std::string edge =
        png(paint(400, 8, 1, [](int x, int) { return x < 200 ? black : white; }));
    for (double radius : {8.0, 16.0, 24.0, 60.0, 100.0}) {
        Step step;
        step.effects = {Blur{radius}};
        const Decoded soft = decode(renderOf(edge, toPng({step})));
        EXPECT_NEAR(soft.at(200 + int(radius / 2), 4).red, 219, 15) << radius;
        EXPECT_NEAR(soft.at(200 - int(radius / 2), 4).red, 36, 15) << radius;
    }
}

TEST_F(Steps, BlurOfTransparencyDoesNotBleed) {
    const std::string source = png(paint(64, 64, 4, [](int x, int) {
        return x < 32 ? red : Colour{0, 255, 0, 0};
    }));
    Step step;
    step.effects = {Blur{12}};
    const Colour colour = decode(renderOf(source, toPng({step}))).at(33, 32);
    EXPECT_GT(colour.red, 245);
    EXPECT_LT(colour.green, 10);
}

TEST_F(Steps, AttentionKeepsWhatCatchesTheEyeAndIsDeterministic) {
    const std::string source = png(paint(400, 100, 3, [](int x, int y) {
        const bool isSpot = x >= 330 && x < 370 && y >= 30 && y < 70;
        return isSpot ? ((x + y) % 7 < 3 ? Colour{220, 120, 80} : red) : grey;
    }));
    Step step = boxed(100, 100, Fit::cover);
    step.gravity.kind = Gravity::Kind::attention;
    const Decoded once = decode(renderOf(source, toPng({step})));
    ASSERT_EQ(once.size, (Size{100, 100}));
    int colourful = 0;
    for (int x = 0; x < 100; ++x) {
        colourful += once.at(x, 50) != grey;
    }
    EXPECT_GE(colourful, 38);
    const RenderOutcome first = renderOf(source, toPng({step}));
    const RenderOutcome second = renderOf(source, toPng({step}));
    ASSERT_TRUE(first.rendered && second.rendered);
    EXPECT_EQ(0, memcmp(first.rendered->bytes.data.get(), second.rendered->bytes.data.get(),
                        first.rendered->bytes.size));
}

TEST_F(Steps, AttentionOfTinyImagesAndOddShapesWorks) {
    for (Size box : {Size{1, 1}, Size{3, 1}, Size{79, 2}, Size{40, 40}}) {
        Step step = boxed(box.width, box.height, Fit::cover);
        step.gravity.kind = Gravity::Kind::attention;
        EXPECT_EQ(decode(renderOf(wide(), toPng({step}))).size, box);
    }
}

// Layers.

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
    return decode(renderOf(wide(), toPng({step}), pictures::settings(), {bytes}));
}

TEST_F(Steps, LayersLieAtTheirOffsets) {
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

TEST_F(Steps, LayerOffsetsAreClampedIntoTheImage) {
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    const Decoded far = withLayer(layerAt(1000, INT32_MAX), logo);
    EXPECT_EQ(far.at(79, 39), black);
    EXPECT_EQ(far.at(69, 39), yellow);
    const Decoded near = withLayer(layerAt(INT32_MIN, -1000), logo);
    EXPECT_EQ(near.at(0, 0), black);
}

TEST_F(Steps, WithoutOffsetsGravityPlacesALayer) {
    Layer layer = layerAt({}, {});
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    EXPECT_EQ(withLayer(layer, logo).at(40, 20), black);
    EXPECT_EQ(withLayer(layer, logo).at(34, 20), blue);
    layer.gravity = {Gravity::Kind::point, 1, 1};
    EXPECT_EQ(withLayer(layer, logo).at(79, 39), black);
}

TEST_F(Steps, LayersTakeTheirOwnSize) {
    Layer layer = layerAt(0, 0);
    layer.steps = {boxed(5, 0, Fit::inside)};
    const Decoded result = withLayer(layer, png(paint(10, 6, 3, plain(black))));
    EXPECT_EQ(result.at(4, 2), black);
    EXPECT_EQ(result.at(5, 0), red);
    EXPECT_EQ(result.at(0, 3), red);
}

TEST_F(Steps, TransparentLayersBlend) {
    const Decoded result = withLayer(layerAt(0, 0), png(paint(10, 6, 4, plain({0, 0, 0, 128}))));
    expectNear(result.at(1, 1), {127, 0, 0}, 1);
    const Decoded none = withLayer(layerAt(0, 0), png(paint(10, 6, 4, plain(clear))));
    EXPECT_EQ(none.at(1, 1), red);
}

TEST_F(Steps, ALayerLargerThanTheImageIsCutOff) {
    const std::string large = png(paint(200, 200, 3, quadrants(200, 200)));
    EXPECT_EQ(withLayer(layerAt(0, 0), large).at(79, 39), red);
    const Decoded centred = withLayer(layerAt({}, {}), large);
    EXPECT_EQ(centred.at(0, 0), red);
    EXPECT_EQ(centred.at(79, 39), yellow);
}

TEST_F(Steps, AColouredLayerColoursAGreyImage) {
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

Watermark mark(const std::string& bytes) {
    Watermark watermark;
    watermark.name = "logo";
    watermark.bytes = bytes;
    return watermark;
}

RenderOutcome marked(const Watermark& watermark, const std::string& source = wide()) {
    Transform transform = toPng({});
    transform.watermarks = {&watermark};
    return renderOf(source, transform);
}

TEST_F(Steps, AWatermarkLiesAtTheBottomRightByDefault) {
    Watermark watermark = mark(png(paint(10, 6, 3, plain(black))));
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

TEST_F(Steps, OpacityWeakensAWatermark) {
    Watermark watermark = mark(png(paint(10, 6, 3, plain(black))));
    watermark.opacity = 0.25;
    expectNear(decode(marked(watermark)).at(78, 38), {191, 191, 0}, 2);
}

TEST_F(Steps, ScaleIsAShareOfTheWidth) {
    Watermark watermark = mark(png(paint(10, 6, 3, plain(black))));
    watermark.scale = 0.25;
    watermark.gravity = {Gravity::Kind::point, 0, 0};
    const Decoded result = decode(marked(watermark));
    EXPECT_EQ(result.at(19, 11), black);
    EXPECT_EQ(result.at(20, 0), red);
    EXPECT_EQ(result.at(0, 12), red);
}

TEST_F(Steps, AWatermarkIsScaledDownToFit) {
    Watermark watermark = mark(png(paint(300, 300, 3, plain(black))));
    watermark.margin = 5;
    const Decoded result = decode(marked(watermark));
    EXPECT_EQ(result.at(74, 34), black);
    EXPECT_EQ(result.at(45, 5), black);
    EXPECT_EQ(result.at(44, 20), yellow);
    EXPECT_EQ(result.at(60, 4), green);
}

TEST_F(Steps, TilesCoverTheWholeImage) {
    Watermark watermark = mark(png(paint(7, 5, 4, plain(black))));
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

TEST_F(Steps, AnImageWithoutRoomForTheMarkIsRefused) {
    Watermark watermark = mark(png(paint(10, 6, 3, plain(black))));
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

TEST_F(Steps, ADamagedWatermarkNeverLetsTheImageThrough) {
    EXPECT_FALSE(marked(mark("not an image")).rendered);
    const std::string logo = png(paint(10, 6, 3, plain(black)));
    EXPECT_FALSE(marked(mark(logo.substr(0, logo.size() / 2))).rendered);
}

// Metadata.

const std::vector<Painter> threeFrames{plain(red), plain(green), plain(blue)};

std::string movingGif() {
    return gif(animation(40, 30, threeFrames, {100, 200, 300}, 3));
}
std::string movingWebp() {
    return webp(animation(40, 30, threeFrames, {100, 200, 300}, 3));
}

std::string withSecrets(Format format = Format::jpeg) {
    Image image = paint(32, 32, 3, plain(grey));
    const auto set = [&](const char* field, const char* text) {
        vips_image_set_string(image.get(), field, text);
    };
    set("exif-ifd0-Copyright", "Ada Example (Ada Example, ASCII, 12 components, 12 bytes)");
    set("exif-ifd0-Artist", "Grace (Grace, ASCII, 6 components, 6 bytes)");
    set("exif-ifd0-Make", "SecretCamera (SecretCamera, ASCII, 13 components, 13 bytes)");
    set("exif-ifd3-GPSLatitude", "52/1 30/1 0/1 (52, 30, 0, Rational, 3 components, 24 bytes)");
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, 6);
    const std::string thumbnail = jpeg(paint(8, 8, 3, plain(red)));
    vips_image_set_blob_copy(image.get(), "jpeg-thumbnail-data", thumbnail.data(),
                             thumbnail.size());
    vips_image_set_blob_copy(image.get(), VIPS_META_XMP_NAME, "<x:xmpmeta/>", 12);
    constexpr std::string_view caption(
        "Photoshop 3.0\0"
        "8BIM\4\4\0\0\0\0\0\6"
        "\x1C\2\x78\0\1c",
        32);
    vips_image_set_blob_copy(image.get(), VIPS_META_IPTC_NAME, caption.data(), caption.size());
    return format == Format::jpeg ? jpeg(image) : webp(image);
}

Decoded withMetadata(Metadata metadata, Format format = Format::jpeg,
                     const std::string& source = withSecrets()) {
    Transform transform = as(format, {boxed(16, 16, Fit::inside)});
    transform.metadata = metadata;
    return decode(renderOf(source, transform));
}

TEST_F(Steps, TheSecretsAreThereToBeginWith) {
    const std::string bytes = withSecrets();
    const Decoded source = decode(view(bytes), SourceType::jpeg);
    for (const char* field : {"exif-ifd0-Copyright", "exif-ifd0-Make", "exif-ifd3-GPSLatitude",
                              "jpeg-thumbnail-data", VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME}) {
        EXPECT_TRUE(source.has(field)) << field;
    }
}

TEST_F(Steps, NoMetadataMeansNone) {
    for (Format format : {Format::jpeg, Format::png, Format::webp, Format::avif}) {
        const Decoded result = withMetadata(Metadata::none, format);
        EXPECT_FALSE(result.has(VIPS_META_EXIF_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_XMP_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_IPTC_NAME)) << int(format);
        EXPECT_FALSE(result.has(VIPS_META_ICC_NAME)) << int(format);
    }
}

TEST_F(Steps, WebpHoldsNoMetadataChunkOfAnyKind) {
    for (const Transform& transform :
         {as(Format::webp), as(Format::webp, {boxed(9, 9, Fit::pad)})}) {
        for (const std::string& source : {withSecrets(), withSecrets(Format::webp), movingGif()}) {
            const RenderOutcome outcome = renderOf(source, transform);
            ASSERT_TRUE(outcome.rendered);
            const std::string bytes(reinterpret_cast<char*>(outcome.rendered->bytes.data.get()),
                                    outcome.rendered->bytes.size);
            EXPECT_EQ(bytes.find("EXIF"), std::string::npos);
            EXPECT_EQ(bytes.find("XMP "), std::string::npos);
            EXPECT_EQ(bytes.find("ICCP"), std::string::npos);
            EXPECT_TRUE(decode(outcome).image);
        }
    }
}

TEST_F(Steps, CopyrightKeepsTwoFieldsAndNothingElse) {
    const Decoded result = withMetadata(Metadata::copyright);
    const char* text = nullptr;
    ASSERT_EQ(vips_image_get_string(result.image.get(), "exif-ifd0-Copyright", &text), 0);
    EXPECT_EQ(std::string(text).rfind("Ada Example", 0), 0u) << text;
    EXPECT_TRUE(result.has("exif-ifd0-Artist"));
    for (const char* field : {"exif-ifd0-Make", "exif-ifd3-GPSLatitude", "jpeg-thumbnail-data",
                              VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME}) {
        EXPECT_FALSE(result.has(field)) << field;
    }
    EXPECT_EQ(vips_image_get_orientation(result.image.get()), 1);
}

TEST_F(Steps, CopyrightLeavesNoSecretInTheBytes) {
    Transform transform = as(Format::jpeg);
    transform.metadata = Metadata::copyright;
    const RenderOutcome outcome = renderOf(withSecrets(), transform);
    ASSERT_TRUE(outcome.rendered);
    const std::string bytes(reinterpret_cast<char*>(outcome.rendered->bytes.data.get()),
                            outcome.rendered->bytes.size);
    EXPECT_NE(bytes.find("Ada Example"), std::string::npos);
    EXPECT_EQ(bytes.find("SecretCamera"), std::string::npos);
    EXPECT_EQ(bytes.find("xmpmeta"), std::string::npos);
    // No second JPEG inside.
    EXPECT_EQ(bytes.find("\xFF\xD8\xFF", 3), std::string::npos);
}

TEST_F(Steps, KeepKeepsAllButTheThumbnailAndTheOrientation) {
    const Decoded result = withMetadata(Metadata::keep);
    for (const char* field : {"exif-ifd0-Copyright", "exif-ifd0-Make", "exif-ifd3-GPSLatitude",
                              VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME}) {
        EXPECT_TRUE(result.has(field)) << field;
    }
    EXPECT_FALSE(result.has("jpeg-thumbnail-data"));
    EXPECT_EQ(vips_image_get_orientation(result.image.get()), 1);
}

std::string bytesOf(const RenderOutcome& outcome) {
    if (!outcome.rendered) {
        ADD_FAILURE() << outcome.detail;
        return {};
    }
    const EncodedBytes& bytes = outcome.rendered->bytes;
    return {reinterpret_cast<const char*>(bytes.data.get()), bytes.size};
}

std::string withSegment(std::string source, const std::string& content) {
    const auto length = content.size() + 2;
    return source.insert(2, std::string("\xFF\xE1") + char(length >> 8) + char(length) + content);
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        ++found;
    }
    return found;
}

// libexif would turn the one into "<invalid utf-8 string>" and end the other at its NUL.
TEST_F(Steps, TextsLeaveWithTheBytesOfTheSource) {
    for (const bool isBigEndian : {false, true}) {
        TiffMaker maker(isBigEndian);
        const std::string artist("\xA9 Jos\xE9\0", 7), copyright("Annemarie\0Edgar\0", 16);
        const std::string block = maker.file(
            maker.addDirectory({maker.text(0x013B, artist), maker.text(0x8298, copyright)}));
        const std::string source =
            withSegment(jpeg(paint(32, 32, 3, plain(red))), std::string("Exif\0\0", 6) + block);
        for (const Metadata wish : {Metadata::copyright, Metadata::keep}) {
            for (const bool isTagged : {false, true}) {
                Transform transform = as(Format::jpeg);
                transform.metadata = wish;
                if (isTagged) {
                    transform.encoding.density = 300;
                }
                const RenderOutcome outcome = renderOf(source, transform);
                const std::string bytes = bytesOf(outcome);
                EXPECT_EQ(count(bytes, std::string("Exif\0\0", 6)), 1u);
                EXPECT_EQ(count(bytes, artist), 1u);
                EXPECT_EQ(count(bytes, copyright), 1u);
                const double perInch = decode(outcome).image.get()->Xres * 25.4;
                EXPECT_TRUE(!isTagged || std::abs(perInch - 300) < 0.5) << perInch;
            }
        }
    }
}

TEST_F(Steps, ATiffKeepsItsCopyright) {
    TiffMaker maker(true);
    const std::uint64_t pixel = maker.add("\x80");
    const std::string copyright("\xA9 Jos\xE9\0", 7);
    const std::string source = maker.file(maker.addDirectory(
        {maker.shorts(256, {1}), maker.shorts(257, {1}), maker.shorts(258, {8}),
         maker.shorts(259, {1}), maker.shorts(262, {1}), maker.text(271, "Secret"),
         maker.longNumber(273, pixel), maker.shorts(277, {1}), maker.shorts(278, {1}),
         maker.longNumber(279, 1), maker.text(0x8298, copyright)}));
    for (const Metadata wish : {Metadata::none, Metadata::copyright, Metadata::keep}) {
        Transform transform = as(Format::jpeg);
        transform.metadata = wish;
        const std::string bytes = bytesOf(renderOf(source, transform));
        EXPECT_EQ(count(bytes, copyright), wish == Metadata::none ? 0u : 1u);
        EXPECT_EQ(count(bytes, "Secret"), 0u);
    }
}

TEST_F(Steps, XmpSaysNothingOfTheOldOrientation) {
    const std::string packet =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:t='http://ns.adobe.com/tiff/1.0/' "
        "t:Orientation='6' t:Artist='Jane'/>";
    const std::string source =
        withSegment(jpeg(paint(32, 32, 3, plain(red))),
                    std::string("http://ns.adobe.com/xap/1.0/\0", 29) + packet);
    Transform transform = as(Format::jpeg);
    transform.metadata = Metadata::keep;
    const std::string bytes = bytesOf(renderOf(source, transform));
    EXPECT_NE(bytes.find("t:Artist=\"Jane\""), bytes.npos);
    EXPECT_EQ(bytes.find("Orientation"), bytes.npos);
}

TEST_F(Steps, OnlyJpegKeepsMetadata) {
    for (Format format : {Format::png, Format::webp, Format::avif, Format::gif}) {
        EXPECT_FALSE(withMetadata(Metadata::keep, format).has(VIPS_META_EXIF_NAME)) << int(format);
    }
    EXPECT_TRUE(withMetadata(Metadata::keep, Format::jpeg, withSecrets(Format::webp))
                    .has("exif-ifd0-Make"));
}

TEST_F(Steps, DamagedMetadataDoesNotSpoilTheImage) {
    const std::string samples[] = {std::string("Exif\0\0garbage and more", 22),
                                   std::string("Exif\0\0", 6), std::string("Exif\0\0II*\0", 10),
                                   std::string("Exif\0\0", 6) + std::string(60'000, '\xFF')};
    for (const std::string& blob : samples) {
        for (Metadata metadata : {Metadata::none, Metadata::copyright, Metadata::keep}) {
            const std::string source = withSegment(jpeg(paint(16, 16, 3, plain(red))), blob);
            Transform transform = as(Format::jpeg);
            transform.metadata = metadata;
            const RenderOutcome outcome = renderOf(source, transform);
            EXPECT_TRUE(outcome.rendered) << blob.size() << outcome.detail;
        }
    }
}

TEST_F(Steps, AResultWithoutCopyrightFieldsIsFine) {
    EXPECT_FALSE(
        withMetadata(Metadata::copyright, Format::jpeg, wide()).has("exif-ifd0-Copyright"));
}

// Animations.

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

TEST_F(Steps, AnimationsKeepFramesDelaysAndLoop) {
    for (Format format : {Format::gif, Format::webp}) {
        for (const std::string& source : {movingGif(), movingWebp()}) {
            expectMoving(renderOf(source, as(format)), {40, 30});
            expectMoving(renderOf(source, as(format, {boxed(13, 0, Fit::inside)})), {13, 10});
            expectMoving(renderOf(source, as(format, {boxed(11, 11, Fit::cover)})), {11, 11});
            expectMoving(renderOf(source, as(format, {boxed(80, 0, Fit::inside)})), {80, 60});
        }
    }
}

TEST_F(Steps, EffectsAndChainsDoNotBleedBetweenFrames) {
    Step step = boxed(20, 0, Fit::inside);
    step.effects = {Sharpen{2}, Blur{30}};
    expectMoving(renderOf(movingGif(), as(Format::webp, {step})), {20, 15});
    expectMoving(renderOf(movingGif(),
                          as(Format::webp, {boxed(20, 0, Fit::inside), boxed(10, 10, Fit::cover)})),
                 {10, 10});
}

TEST_F(Steps, AttentionOfAnAnimationIsTheFirstFrames) {
    Step step = boxed(20, 20, Fit::cover);
    step.gravity.kind = Gravity::Kind::attention;
    expectMoving(renderOf(movingWebp(), as(Format::webp, {step})), {20, 20});
}

TEST_F(Steps, EveryFrameIsMarked) {
    Watermark watermark = mark(png(paint(4, 4, 3, plain(black))));
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

TEST_F(Steps, AStillFormatTakesTheFirstFrame) {
    for (Format format : {Format::jpeg, Format::png, Format::avif}) {
        const RenderOutcome outcome = renderOf(movingGif(), as(format));
        ASSERT_TRUE(outcome.rendered);
        EXPECT_EQ(outcome.rendered->frames, 1u);
        const Decoded result = decode(outcome);
        EXPECT_EQ(result.size, (Size{40, 30}));
        expectNear(result.at(20, 15), red, 6);
    }
}

TEST_F(Steps, FramesBeyondTheLimitAreDropped) {
    RenderSettings limited = settings();
    limited.limits.frames = 2;
    const RenderOutcome two = renderOf(movingGif(), as(Format::gif), limited);
    ASSERT_TRUE(two.rendered);
    EXPECT_EQ(two.rendered->frames, 2u);
    EXPECT_EQ(delaysOf(decode(two)), (std::vector<int>{100, 200}));
    limited.limits.frames = 1;
    EXPECT_EQ(renderOf(movingGif(), as(Format::gif), limited).rendered->frames, 1u);
}

TEST_F(Steps, TransparentAnimationsStayTransparent) {
    const std::string source =
        webp(animation(40, 30, {plain({255, 0, 0, 255}), plain({0, 255, 0, 0})}, {100, 100}, 0, 4));
    const Decoded result = decode(renderOf(source, as(Format::webp, {boxed(20, 0, Fit::inside)})));
    ASSERT_EQ(result.bands, 4);
    EXPECT_EQ(result.at(10, 7).alpha, 255);
    EXPECT_EQ(result.at(10, 22).alpha, 0);
}

TEST_F(Steps, ManyFramesAreJoinedInGroups) {
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
