// Frames are found by what can be seen of them.
#include "render/steps/trim.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class TrimFrame : public pictures::Test {};

// A dark red block of 20x10 at 30,15 on 100x60.
Image framed(int bands, Colour frame, Colour motif = {90, 20, 30}) {
    return paint(100, 60, bands, [=](int x, int y) {
        return x >= 30 && x < 50 && y >= 15 && y < 25 ? motif : frame;
    });
}

Trim frameTrim(double tolerance = 0, std::optional<Colour> colour = {}, std::uint32_t keep = 0) {
    Trim trim;
    trim.kind = Trim::Kind::frame;
    trim.tolerance = tolerance;
    trim.colour = colour;
    trim.keep = keep;
    return trim;
}

Rectangle found(const std::vector<Image>& images, const Trim& trim) {
    const auto inside = frameInside(images, trim, patient());
    EXPECT_TRUE(inside);
    return inside.value_or(Rectangle{});
}

Rectangle found(const Image& image, const Trim& trim) {
    return found(std::vector<Image>{image}, trim);
}

TEST_F(TrimFrame, IsFoundOnEverySide) {
    const Rectangle block{30, 15, 20, 10};
    EXPECT_EQ(found(framed(3, white), frameTrim()), block);
    EXPECT_EQ(found(framed(1, white), frameTrim()), block);
    EXPECT_EQ(found(framed(4, white), frameTrim(10)), block);
    EXPECT_EQ(found(framed(2, white), frameTrim(10)), block);
}

TEST_F(TrimFrame, TransparentPixelsAreAlikeWhateverTheyHide) {
    const Image image = paint(40, 40, 4, [](int x, int y) {
        const bool isMotif = x >= 10 && x < 20 && y >= 5 && y < 30;
        return isMotif ? red : Colour{static_cast<std::uint8_t>(x * 6), 7, 9, 0};
    });
    EXPECT_EQ(found(image, frameTrim()), (Rectangle{10, 5, 10, 25}));
}

TEST_F(TrimFrame, ToleranceIsTheLargestDifferenceOfABand) {
    const Image image = framed(3, {200, 200, 200}, {210, 200, 200});
    const Rectangle whole{0, 0, 100, 60};
    EXPECT_EQ(found(image, frameTrim(9)), (Rectangle{30, 15, 20, 10}));
    EXPECT_EQ(found(image, frameTrim(10)), whole);
    EXPECT_EQ(found(image, frameTrim(255)), whole);
}

TEST_F(TrimFrame, OnlyTheNamedColourIsAFrame) {
    EXPECT_EQ(found(framed(3, white), frameTrim(0, white)), (Rectangle{30, 15, 20, 10}));
    EXPECT_EQ(found(framed(3, white), frameTrim(0, black)), (Rectangle{0, 0, 100, 60}));
}

TEST_F(TrimFrame, SomeOfItMayStay) {
    EXPECT_EQ(found(framed(3, white), frameTrim(0, {}, 5)), (Rectangle{25, 10, 30, 20}));
    EXPECT_EQ(found(framed(3, white), frameTrim(0, {}, 20)), (Rectangle{10, 0, 60, 45}));
    EXPECT_EQ(found(framed(3, white), frameTrim(0, {}, 4000000000u)), (Rectangle{0, 0, 100, 60}));
}

TEST_F(TrimFrame, APlainImageStaysWhole) {
    EXPECT_EQ(found(paint(10, 10, 3, plain(white)), frameTrim()), (Rectangle{0, 0, 10, 10}));
    EXPECT_EQ(found(paint(1, 1, 1, plain(white)), frameTrim()), (Rectangle{0, 0, 1, 1}));
}

TEST_F(TrimFrame, OneCornerOfTheMotifDoesNotMislead) {
    const Image image =
        paint(50, 50, 3, [](int x, int y) { return x < 20 && y < 20 ? red : white; });
    EXPECT_EQ(found(image, frameTrim()), (Rectangle{0, 0, 20, 20}));
}

// The command's median filter rounds the corners of what it finds, not its sides.
TEST_F(TrimFrame, AgreesWithTheCommand) {
    const Image image = framed(3, white);
    int left = 0, top = 0, width = 0, height = 0;
    ASSERT_EQ(vips_find_trim(image.get(), &left, &top, &width, &height, "threshold", 10.0,
                             static_cast<void*>(nullptr)),
              0);
    EXPECT_EQ(found(image, frameTrim(10)),
              (Rectangle{left, top, std::uint32_t(width), std::uint32_t(height)}));
}

// Of an animation.
Image blockAt(int left, int width) {
    return paint(100, 60, 3, [=](int x, int y) {
        return x >= left && x < left + width && y >= 15 && y < 25 ? red : white;
    });
}

TEST_F(TrimFrame, OfAnAnimationWhatAnyImageShowsStays) {
    EXPECT_EQ(found({blockAt(30, 10), blockAt(60, 10)}, frameTrim()), (Rectangle{30, 15, 40, 10}));
}

TEST_F(TrimFrame, OfAnAnimationItHasOneColour) {
    // By itself, the second image would have a red frame on the left.
    const Image half = paint(100, 60, 3, [](int x, int) { return x < 50 ? red : white; });
    EXPECT_EQ(found({blockAt(60, 10), half, blockAt(60, 10)}, frameTrim()),
              (Rectangle{0, 0, 70, 60}));
    EXPECT_EQ(found({half, blockAt(60, 10), blockAt(60, 10)}, frameTrim()),
              (Rectangle{0, 0, 70, 60}));
}

TEST_F(TrimFrame, OfAnAnimationEmptyImagesShowNothing) {
    const Image empty = paint(100, 60, 3, plain(white));
    EXPECT_EQ(found({empty, blockAt(30, 10)}, frameTrim()), (Rectangle{30, 15, 10, 10}));
    EXPECT_EQ(found({empty, empty}, frameTrim()), (Rectangle{0, 0, 100, 60}));
    EXPECT_EQ(found({empty, paint(100, 60, 3, plain(black))}, frameTrim()),
              (Rectangle{0, 0, 100, 60}));
}

}  // namespace
}  // namespace private_image
