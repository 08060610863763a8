// The colours that a background takes from its image.
#include "render/steps/dominant.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Dominant : public pictures::Test {};

std::vector<Image> one(const Image& image) {
    return {image};
}

TEST_F(Dominant, TheMostFrequentColourComesFirst) {
    const Image image = paint(60, 60, 3, [](int x, int y) {
        return x < 30 ? Colour{200, 30, 40} : y < 40 ? Colour{20, 200, 60} : Colour{10, 20, 210};
    });
    const auto colours = dominantColours(one(image), 3, patient());
    ASSERT_EQ(colours.size(), 3u);
    EXPECT_EQ(colours[0], (Colour{200, 30, 40}));
    EXPECT_EQ(colours[1], (Colour{20, 200, 60}));
    EXPECT_EQ(colours[2], (Colour{10, 20, 210}));
}

TEST_F(Dominant, LargeImagesAreSampled) {
    const Image image = paint(900, 300, 3, [](int x, int) { return x < 500 ? red : blue; });
    const auto colours = dominantColours(one(image), 2, patient());
    ASSERT_EQ(colours.size(), 2u);
    expectNear(colours[0], red, 2, "a resampled flat area may ring by a step or two");
    expectNear(colours[1], blue, 2);
}

TEST_F(Dominant, WhatIsTransparentDoesNotCount) {
    const Image image = paint(30, 30, 4, [](int x, int) {
        return x < 20 ? Colour{0, 255, 0, 0} : red;
    });
    EXPECT_EQ(dominantColours(one(image), 1, patient()), std::vector<Colour>{red});
    EXPECT_EQ(dominantColours(one(paint(5, 5, 4, plain(clear))), 1, patient()),
              std::vector<Colour>{black});
}

TEST_F(Dominant, FewColoursRepeat) {
    const auto colours = dominantColours(one(paint(8, 8, 1, plain(grey))), 4, patient());
    EXPECT_EQ(colours, std::vector<Colour>(4, grey));
}

TEST_F(Dominant, FramesCountTogether) {
    const std::vector<Image> frames{paint(10, 10, 3, plain(red)), paint(10, 10, 4, plain(blue)),
                                    paint(10, 10, 1, plain(white)), paint(10, 10, 3, plain(blue))};
    EXPECT_EQ(dominantColours(frames, 1, patient()), std::vector<Colour>{blue});
}

}  // namespace
}  // namespace private_image
