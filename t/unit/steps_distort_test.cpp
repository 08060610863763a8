// Perspective and arcs by where colours end up.
#include "render/steps/distort.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class DistortStep : public pictures::Test {};

Image card() {
    return paint(100, 60, 3, quadrants(100, 60));
}

TEST_F(DistortStep, CornersInTheirPlaceChangeNothing) {
    const Image image = photograph(90, 70, 4);
    const Corners corners{0, 0, 90, 0, 90, 70, 0, 70};
    EXPECT_GE(psnr(pixelsOf(perspective(image, corners, patient())), pixelsOf(image)), 45);
}

TEST_F(DistortStep, CornersGoWhereTheyAreSent) {
    const Corners corners{20, 10, 90, 5, 95, 55, 5, 50};
    const Decoded out = pixelsOf(perspective(card(), corners, patient()));
    EXPECT_EQ(out.size, (Size{100, 60}));
    EXPECT_EQ(out.bands, 4);
    EXPECT_EQ(out.at(23, 13), red);
    EXPECT_EQ(out.at(87, 8), green);
    EXPECT_EQ(out.at(91, 51), yellow);
    EXPECT_EQ(out.at(9, 47), blue);
    EXPECT_EQ(out.at(2, 2).alpha, 0);
    EXPECT_EQ(out.at(98, 30).alpha, 0);
}

TEST_F(DistortStep, AnImageCanBeMirroredAndMovedBeyondItsCanvas) {
    const Corners mirrored{100, 0, 0, 0, 0, 60, 100, 60};
    ASSERT_TRUE(canTakeCorners(mirrored));
    const Decoded out = pixelsOf(perspective(card(), mirrored, patient()));
    EXPECT_EQ(out.at(10, 10), green);
    EXPECT_EQ(out.at(90, 50), blue);
    const Corners shifted{-50, 0, 50, 0, 50, 60, -50, 60};
    EXPECT_EQ(pixelsOf(perspective(card(), shifted, patient())).at(10, 10), green);
    const Corners away{5000, 0, 5100, 0, 5100, 60, 5000, 60};
    EXPECT_EQ(pixelsOf(perspective(card(), away, patient())).at(10, 10).alpha, 0);
}

// The same bilinear filter on the same grid; the outermost pixels are blended differently.
TEST_F(DistortStep, AnAffineCaseAgreesWithTheCommand) {
    const Image image = photograph(100, 80, 3);
    const Corners moved{10, 5, 90, 15, 80, 75, 0, 65};  // 0.8 across and 0.1 down, and so on
    const Decoded ours =
        pixelsOf(apply(vips_extract_area, perspective(image, moved, patient()), 30, 25, 30, 30));
    const Decoded theirs =
        byCommand("affine", apply(vips_addalpha, image),
                  "'0.8 -0.125 0.1 0.75' --oarea '30 25 30 30' --odx 9.8375 --ody 4.925");
    EXPECT_GE(psnr(ours, theirs), 40);
}

// A profile that is yet to be applied must still be there.
TEST_F(DistortStep, MetadataStay) {
    const Image image = apply(vips_copy, card());
    vips_image_set_string(image.get(), "of-the-source", "kept");
    for (const Image& out :
         {perspective(image, {0, 0, 90, 0, 90, 50, 0, 50}, patient()), arc(image, 30, patient())}) {
        const char* value = nullptr;
        ASSERT_EQ(vips_image_get_string(out.get(), "of-the-source", &value), 0);
        EXPECT_STREQ(value, "kept");
    }
}

TEST_F(DistortStep, ImpossibleCornersAreRefused) {
    EXPECT_FALSE(canTakeCorners({0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_FALSE(canTakeCorners({0, 0, 50, 0, 100, 0, 0, 60}));    // in a line
    EXPECT_FALSE(canTakeCorners({0, 0, 100, 60, 100, 0, 0, 60}));  // crossed
    EXPECT_FALSE(canTakeCorners({0, 0, 100, 0, 20, 20, 0, 60}));   // an arrow
    EXPECT_FALSE(canTakeCorners({0, 0, 1e9, 0, 100, 60, 0, 60}));  // beyond bounds
    EXPECT_FALSE(canTakeCorners({NAN, 0, 100, 0, 100, 60, 0, 60}));
    EXPECT_FALSE(perspective(card(), Corners{}, patient()));
}

TEST_F(DistortStep, AnArcBulges) {
    const Image image = paint(200, 40, 3, [](int, int y) { return y < 20 ? red : blue; });
    const Size size = arcSize({200, 40}, 90);
    const Decoded up = pixelsOf(arc(image, 90, patient()));
    ASSERT_EQ(up.size, size);
    EXPECT_EQ(size, (Size{209, 72}));  // 2 * 147.3 * sin 45, 147.3 - 107.3 * cos 45
    const int middle = int(size.width) / 2;
    EXPECT_EQ(up.at(middle, 5), red);
    EXPECT_EQ(up.at(middle, 35), blue);
    EXPECT_EQ(up.at(middle, int(size.height) - 5).alpha, 0);
    EXPECT_EQ(up.at(2, 2).alpha, 0);
    const Decoded down = pixelsOf(arc(image, -90, patient()));
    ASSERT_EQ(down.size, size);
    EXPECT_EQ(down.at(middle, int(size.height) - 5), blue);
    EXPECT_EQ(down.at(middle, int(size.height) - 35), red);
    EXPECT_EQ(down.at(middle, 5).alpha, 0);
}

TEST_F(DistortStep, AnArcKeepsLeftAndRight) {
    const Image image = paint(200, 40, 3, [](int x, int) { return x < 100 ? red : blue; });
    for (double degrees : {60.0, -60.0, 180.0, -300.0}) {
        const Decoded out = pixelsOf(arc(image, degrees, patient()));
        const int middle = int(out.size.width) / 2;
        const int row = degrees > 0 ? 10 : int(out.size.height) - 10;
        expectNear(out.at(middle - 6, row), red, 1, std::to_string(degrees));
        expectNear(out.at(middle + 6, row), blue, 1, std::to_string(degrees));
    }
}

TEST_F(DistortStep, AFullCircleAndAHairAreBounded) {
    EXPECT_EQ(arcSize({360, 40}, 360).width, arcSize({360, 40}, 360).height);
    const Image image = photograph(120, 30, 3);
    EXPECT_EQ(pixelsOf(arc(image, 1e-9, patient())).size, (Size{121, 31}));
    const Size tall = arcSize({10, 1000}, 360);
    EXPECT_EQ(tall, (Size{2000, 2000}));
}

}  // namespace
}  // namespace private_image
