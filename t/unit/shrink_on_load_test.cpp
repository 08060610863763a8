// How far the JPEG decoder shrinks, and that the pixels stay near those of a full-resolution
// reduction.
#include <algorithm>

#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class ShrinkOnLoad : public pictures::Test {};

int shrinkOf(Size stored, Size needed) {
    SourceHeader header;
    header.stored = stored;
    const Rectangle whole{0, 0, stored.width, stored.height};
    return shrinkOnLoad(SourceType::jpeg, header, whole, needed, {}).shrink;
}

TEST_F(ShrinkOnLoad, LargePhotographsAreShrunkAsFarAsTheResultAllows) {
    EXPECT_EQ(shrinkOf({5472, 3648}, {800, 533}), 4);
    EXPECT_EQ(shrinkOf({1600, 1200}, {400, 300}), 4);
    EXPECT_EQ(shrinkOf({1632, 1224}, {400, 300}), 4);
    EXPECT_EQ(shrinkOf({1920, 1080}, {400, 225}), 4);
    EXPECT_EQ(shrinkOf({1600, 1200}, {800, 600}), 2);
    EXPECT_EQ(shrinkOf({1600, 1200}, {100, 75}), 8);
}

TEST_F(ShrinkOnLoad, ByEightOnlyWhereTwiceTheSizeIsLeft) {
    EXPECT_EQ(shrinkOf({1600, 1200}, {200, 150}), 4);
    EXPECT_EQ(shrinkOf({1600, 1200}, {101, 76}), 4);
    EXPECT_EQ(shrinkOf({1600, 1200}, {801, 601}), 1);
}

// Detail of all sizes, the finer the fainter, as in photographs; no hard edges.
Image landscape(int width, int height) {
    return paint(width, height, 3, [](int x, int y) {
        double value = 128;
        double length = 300;
        for (int octave = 0; octave < 9; ++octave) {
            value += length / 12 * std::sin((x + 0.6 * y) / length * 3 + length) *
                     std::cos((y - 0.4 * x) / length * 3);
            length /= 1.7;
        }
        const auto shade = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
        return Colour{shade, static_cast<std::uint8_t>(shade / 2 + 60),
                      static_cast<std::uint8_t>(255 - shade)};
    });
}

TEST_F(ShrinkOnLoad, PixelsStandAt44DecibelsFromAFullReduction) {
    constexpr int width = 1600, height = 1200;
    const std::string source = jpeg(landscape(width, height), 90);
    const Decoded full = decode(view(source), SourceType::jpeg);
    for (int wanted : {780, 700, 540, 400, 390, 370, 320, 250, 201, 200, 195, 160, 120, 100, 90}) {
        const int lines = wanted * 3 / 4;
        const Decoded ours = decode(renderOf(source, toPng({boxed(wanted, lines, Fit::stretch)})));
        Decoded reference;
        reference.image = apply(vips_resize, full.image, wanted / double(width), "vscale",
                                lines / double(height));
        reference.image = Image(vips_image_copy_memory(reference.image.get()));
        reference.bands = reference.image.bands();
        reference.size = reference.image.size();
        EXPECT_GE(psnr(ours, reference), 44) << wanted;
    }
}

}  // namespace
}  // namespace private_image
