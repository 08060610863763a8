// Sizes, colours and effects of steps, by the decoded pixels of their result.
#include <algorithm>
#include <cmath>

#include "pictures.hpp"
#include "render/steps/orient.hpp"
#include "tiff_maker.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Steps : public pictures::Test {};

TEST_F(Steps, NothingAskedNothingChanged) {
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({})));
    EXPECT_EQ(result.size, (Size{80, 40}));
    EXPECT_EQ(result.bands, 3);
    EXPECT_EQ(result.at(0, 0), red);
    EXPECT_EQ(result.at(79, 0), green);
    EXPECT_EQ(result.at(0, 39), blue);
    EXPECT_EQ(result.at(79, 39), yellow);
}

TEST_F(Steps, InsideKeepsTheWholeImage) {
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({boxed(40, 40, Fit::inside)})));
    EXPECT_EQ(result.size, (Size{40, 20}));
    EXPECT_EQ(result.at(2, 2), red);
    EXPECT_EQ(result.at(37, 2), green);
    EXPECT_EQ(result.at(2, 17), blue);
    EXPECT_EQ(result.at(37, 17), yellow);
}

TEST_F(Steps, EnlargingFitsEnlarge) {
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({boxed(160, 160, Fit::inside)}))).size,
              (Size{160, 80}));
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({boxed(160, 160, Fit::outside)}))).size,
              (Size{320, 160}));
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({boxed(160, 160, Fit::insideNoShrink)}))).size,
              (Size{160, 80}));
    EXPECT_EQ(
        decode(renderOf(wideQuadrants(), toPng({boxed(160, 160, Fit::insideNoEnlarge)}))).size,
        (Size{80, 40}));
}

TEST_F(Steps, CoverCutsAtTheGravityPoint) {
    Step step = boxed(20, 20, Fit::cover);
    const Decoded centre = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(centre.size, (Size{20, 20}));
    EXPECT_EQ(centre.at(1, 1), red);
    EXPECT_EQ(centre.at(18, 18), yellow);
    step.gravity = {Gravity::Kind::point, 0, 0.5};
    const Decoded left = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(left.at(16, 1), red);
    EXPECT_EQ(left.at(1, 18), blue);
    step.gravity.x = 1;
    const Decoded right = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(right.at(3, 1), green);
    EXPECT_EQ(right.at(18, 18), yellow);
}

TEST_F(Steps, CropOfASmallerSourceKeepsItsSize) {
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({boxed(100, 100, Fit::coverNoEnlarge)}))).size,
              (Size{80, 40}));
    const Decoded ratio =
        decode(renderOf(wideQuadrants(), toPng({boxed(100, 100, Fit::coverRatio)})));
    EXPECT_EQ(ratio.size, (Size{40, 40}));
    EXPECT_EQ(ratio.at(0, 0), red);
    EXPECT_EQ(ratio.at(39, 39), yellow);
}

TEST_F(Steps, StretchTakesTheBox) {
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({boxed(20, 60, Fit::stretch)})));
    EXPECT_EQ(result.size, (Size{20, 60}));
    EXPECT_EQ(result.at(2, 20), red);
    EXPECT_EQ(result.at(17, 50), yellow);
}

TEST_F(Steps, PadFillsWithTheBackground) {
    Step step = boxed(80, 80, Fit::pad);
    step.background = plainBackground(Colour{10, 20, 30});
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(result.size, (Size{80, 80}));
    EXPECT_EQ(result.at(0, 19), (Colour{10, 20, 30}));
    EXPECT_EQ(result.at(0, 20), red);
    EXPECT_EQ(result.at(79, 59), yellow);
    EXPECT_EQ(result.at(79, 60), (Colour{10, 20, 30}));
    step.background.reset();
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(0, 0), white);
}

TEST_F(Steps, PadPlacesTheImageByGravity) {
    Step step = boxed(100, 40, Fit::padNoEnlarge);
    step.gravity = {Gravity::Kind::point, 0, 0.5};
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(0, 0), red);
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(99, 0), white);
    step.gravity.x = 1;
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(0, 0), white);
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(99, 0), green);
}

TEST_F(Steps, ATransparentBackgroundPadsTransparently) {
    Step step = boxed(80, 80, Fit::pad);
    step.background = plainBackground(Colour{255, 0, 0, 0});
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(result.bands, 4);
    EXPECT_EQ(result.at(0, 0).alpha, 0);
    EXPECT_EQ(result.at(0, 30), red);
}

TEST_F(Steps, ExtractCutsWithoutScaling) {
    Step step = boxed(20, 10, Fit::extract);
    const Decoded centre = decode(renderOf(wideQuadrants(), toPng({step})));
    EXPECT_EQ(centre.size, (Size{20, 10}));
    EXPECT_EQ(centre.at(9, 4), red);
    EXPECT_EQ(centre.at(10, 5), yellow);
    step.x = number(60);
    step.y = number(30);
    EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).at(0, 0), yellow);
}

TEST_F(Steps, PadExtractCutsOneSideAndPadsTheOther) {
    const Decoded result =
        decode(renderOf(wideQuadrants(), toPng({boxed(40, 60, Fit::padExtract)})));
    EXPECT_EQ(result.size, (Size{40, 60}));
    EXPECT_EQ(result.at(0, 9), white);
    EXPECT_EQ(result.at(19, 10), red);
    EXPECT_EQ(result.at(20, 49), yellow);
}

TEST_F(Steps, OfAnyShapeTheSizeIsExactlyThePlanned) {
    for (int width = 1; width <= 40; width += 3) {
        for (int height = 1; height <= 90; height += 7) {
            const Transform transform = toPng({boxed(width, height, Fit::stretch)});
            ASSERT_EQ(decode(renderOf(wideQuadrants(), transform)).size,
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
    const Decoded result = decode(renderOf(wideQuadrants(), toPng({first, second, third})));
    EXPECT_EQ(result.size, (Size{30, 30}));
    EXPECT_EQ(result.at(0, 0), black);
    // The filter's outermost lobe still reaches the padding.
    expectNear(result.at(15, 8), red, 2);
    expectNear(result.at(15, 22), blue, 2);
}

// Stored pixels for each orientation, so that upright it is `wideQuadrants()`.
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
            ASSERT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).size, size);
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
        EXPECT_EQ(decode(renderOf(wideQuadrants(), toPng({step}))).size, box);
    }
}

}  // namespace
}  // namespace private_image
