// The modes of layers, pixel by pixel.
#include "render/steps/blend.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;
using Mode = Layer::Mode;

class Blend : public pictures::Test {};

Image base(Colour colour = {200, 100, 50}, int bands = 3) {
    return paint(60, 40, bands, plain(colour));
}

Image patch(Colour colour, int width = 20, int height = 10) {
    return paint(width, height, 4, plain(colour));
}

Decoded laid(const Image& under, const Image& over, Corner corner, Mode mode) {
    return pixelsOf(combine(under, over, corner, mode, patient()));
}

TEST_F(Blend, OverCovers) {
    const Decoded out = laid(base(), patch(red), {10, 10}, Mode::over);
    EXPECT_EQ(out.at(10, 10), red);
    EXPECT_EQ(out.at(30, 10), (Colour{200, 100, 50}));
}

TEST_F(Blend, MultiplyDarkens) {
    const Decoded out = laid(base(), patch({128, 255, 0}), {10, 10}, Mode::multiply);
    EXPECT_EQ(out.bands, 3);
    expectNear(out.at(10, 10), {100, 100, 0}, 1, "128 is a little more than half");
    EXPECT_EQ(out.at(30, 10), (Colour{200, 100, 50}));
    const Decoded half = laid(base(), patch({0, 0, 0, 128}), {10, 10}, Mode::multiply);
    expectNear(half.at(12, 12), {100, 50, 25}, 1, "half of black");
    EXPECT_EQ(laid(base(clear, 4), patch(red), {10, 10}, Mode::multiply).at(12, 12), red);
}

// Only where both are opaque: libvips weighs the product of translucent pixels twice by alpha.
TEST_F(Blend, MultiplyEqualsTheVipsCommand) {
    const Image under = photograph(80, 60, 3);
    const Image over = apply(vips_flip, under, VIPS_DIRECTION_VERTICAL);
    VipsImage* blended = nullptr;
    ASSERT_EQ(vips_composite2(under.get(), over.get(), &blended, VIPS_BLEND_MODE_MULTIPLY,
                              static_cast<void*>(nullptr)),
              0);
    const Image opaque = apply(vips_extract_band, Image(blended), 0, "n", 3);
    const Image theirs = apply(vips_cast, opaque, VIPS_FORMAT_UCHAR);
    EXPECT_GE(psnr(laid(under, over, {0, 0}, Mode::multiply), pixelsOf(theirs)), 40);
}

TEST_F(Blend, CutoutLeavesAHole) {
    const Decoded out = laid(base(), patch({9, 9, 9, 255}), {-5, 35}, Mode::cutout);
    EXPECT_EQ(out.bands, 4);
    EXPECT_EQ(out.at(14, 39).alpha, 0);
    EXPECT_EQ(out.at(15, 39), (Colour{200, 100, 50}));
    EXPECT_EQ(out.at(14, 34), (Colour{200, 100, 50}));
    EXPECT_EQ(laid(base(), patch({9, 9, 9, 100}), {0, 0}, Mode::cutout).at(5, 5).alpha, 155);
}

TEST_F(Blend, CutterLeavesTheShape) {
    const Decoded out = laid(base(), patch({9, 9, 9, 255}), {10, 10}, Mode::cutter);
    EXPECT_EQ(out.size, (Size{60, 40}));
    EXPECT_EQ(out.at(10, 10), (Colour{200, 100, 50}));
    EXPECT_EQ(out.at(9, 10).alpha, 0);
    EXPECT_EQ(out.at(30, 10).alpha, 0);
    const Decoded grey = laid(base(white, 1), patch(red), {10, 10}, Mode::cutter);
    EXPECT_EQ(grey.bands, 2);
}

TEST_F(Blend, DisplaceMovesByRedAndGreen) {
    const Image striped = paint(60, 40, 3, [](int x, int) { return x < 30 ? red : blue; });
    const Image still = patch({128, 128, 0}, 60, 40);
    EXPECT_EQ(psnr(laid(striped, still, {0, 0}, Mode::displace), pixelsOf(striped)),
              std::numeric_limits<double>::infinity());
    // A tenth of 40 pixels.
    const Decoded right = laid(striped, patch({255, 128, 0}, 60, 40), {0, 0}, Mode::displace);
    EXPECT_EQ(right.at(33, 5), red);
    EXPECT_EQ(right.at(34, 5), blue);
    EXPECT_EQ(right.at(0, 5), red);
    const Decoded left = laid(striped, patch({0, 128, 0}, 60, 40), {0, 0}, Mode::displace);
    EXPECT_EQ(left.at(25, 5), red);
    EXPECT_EQ(left.at(26, 5), blue);
    EXPECT_EQ(left.at(59, 39), blue);
    const Decoded clearly = laid(striped, patch({255, 255, 0, 0}, 60, 40), {0, 0}, Mode::displace);
    EXPECT_EQ(clearly.at(29, 5), red);
    EXPECT_EQ(clearly.at(30, 5), blue);
}

TEST_F(Blend, TheOutsideOfALayerIsChangedByCutterOnly) {
    for (Mode mode : {Mode::over, Mode::multiply, Mode::displace, Mode::cutout}) {
        for (Corner corner : {Corner{60, 0}, Corner{-20, 0}, Corner{0, 5000}, Corner{0, -10}}) {
            const Decoded out = laid(base(), patch({255, 255, 255}), corner, mode);
            EXPECT_EQ(out.at(0, 0), (Colour{200, 100, 50}));
            EXPECT_EQ(out.at(59, 39), (Colour{200, 100, 50}));
        }
    }
    EXPECT_EQ(laid(base(), patch(white), {60, 0}, Mode::cutter).at(0, 0).alpha, 0);
}

TEST_F(Blend, ALayerMayBeLargerThanTheImage) {
    for (Mode mode : {Mode::over, Mode::multiply, Mode::displace, Mode::cutout, Mode::cutter}) {
        const Decoded out = laid(base(), patch(white, 300, 300), {-100, -100}, mode);
        EXPECT_EQ(out.size, (Size{60, 40}));
    }
}

}  // namespace
}  // namespace private_image
