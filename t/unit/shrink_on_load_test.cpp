// How far decoders shrink, and that the result then has no offset and differs little from a
// reduction of all pixels.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

// Must be included after the headers above.
// clang-format off
#include <jpeglib.h>
// clang-format on

#include "render/steps/orient.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class ShrinkOnLoad : public pictures::Test {};

const std::vector<Sampling> halvedBothWays{{2, 2}, {1, 1}, {1, 1}};  // 4:2:0

int shrinkOf(Size stored, Size needed, const std::vector<Sampling>& sampling = halvedBothWays) {
    SourceHeader header;
    header.stored = stored;
    header.sampling = sampling;
    const Rectangle whole{0, 0, stored.width, stored.height};
    return shrinkOnLoad(SourceType::jpeg, header, whole, needed, {}).shrink;
}

TEST_F(ShrinkOnLoad, JpegsAreShrunkAsFarAsTheFilterPermits) {
    EXPECT_EQ(shrinkOf({5472, 3648}, {800, 533}), 4);
    EXPECT_EQ(shrinkOf({5184, 3888}, {800, 600}), 4);
    EXPECT_EQ(shrinkOf({5472, 3648}, {1000, 667}), 2);
    EXPECT_EQ(shrinkOf({1732, 1155}, {480, 320}), 2);
    EXPECT_EQ(shrinkOf({1732, 1155}, {400, 267}), 2);
    EXPECT_EQ(shrinkOf({2007, 1503}, {980, 734}), 1);
    EXPECT_EQ(shrinkOf({2007, 1503}, {669, 501}), 1);
    EXPECT_EQ(shrinkOf({5472, 3648}, {343, 228}), 4);
    EXPECT_EQ(shrinkOf({5472, 3648}, {342, 228}), 8);
}

TEST_F(ShrinkOnLoad, TheAxisWithTheSmallerReductionDecides) {
    EXPECT_EQ(shrinkOf({4000, 4000}, {500, 1300}), 1);
    EXPECT_EQ(shrinkOf({4000, 4000}, {1200, 500}), 2);
}

TEST_F(ShrinkOnLoad, SmallPicturesAreNotShrunk) {
    EXPECT_EQ(shrinkOf({800, 399}, {80, 40}), 1);
    EXPECT_EQ(shrinkOf({800, 400}, {80, 40}), 2);
}

// 4:2:2 and 4:1:1 in each direction, and colour that is finer than the brightness.
TEST_F(ShrinkOnLoad, ColourThatIsCoarseInOneDirectionIsNotShrunkTwice) {
    const std::vector<std::vector<Sampling>> halved{
        {{2, 1}, {1, 1}, {1, 1}}, {{1, 2}, {1, 1}, {1, 1}}, {{2, 2}, {1, 2}, {2, 1}}};
    for (const auto& sampling : halved) {
        EXPECT_EQ(shrinkOf({1600, 1200}, {400, 300}, sampling), 1);
        EXPECT_EQ(shrinkOf({1600, 1200}, {250, 187}, sampling), 2);
    }
    const std::vector<std::vector<Sampling>> quartered{{{4, 1}, {1, 1}, {1, 1}},
                                                       {{1, 4}, {1, 1}, {1, 1}}};
    for (const auto& sampling : quartered) {
        EXPECT_EQ(shrinkOf({1600, 1200}, {250, 187}, sampling), 1);
        EXPECT_EQ(shrinkOf({1600, 1200}, {125, 93}, sampling), 2);
    }
    EXPECT_EQ(shrinkOf({1600, 1200}, {250, 187}, {{1, 1}, {2, 1}, {2, 1}}), 2);
}

TEST_F(ShrinkOnLoad, OneSamplingForAllComponentsIsFullResolution) {
    for (const std::vector<Sampling>& sampling :
         {std::vector<Sampling>{}, {{1, 1}}, {{2, 2}}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}}}) {
        EXPECT_EQ(shrinkOf({1600, 1200}, {400, 300}, sampling), 2);
        EXPECT_EQ(shrinkOf({1600, 1200}, {250, 187}, sampling), 4);
    }
}

// Noise whose amplitude falls with the frequency as that of photographs does, the same for every
// run: octaves of random values, interpolated, each half as strong as the next coarser one.
class Noise {
public:
    explicit Noise(std::uint32_t seed) : seed_(seed) {}

    double at(int x, int y) const {
        double value = 0, strength = 40;
        for (int octave = 8; octave >= 0; --octave, strength *= 0.55) {
            value += strength * smooth(x, y, octave);
        }
        return value;
    }

private:
    double random(int x, int y, int octave) const {
        std::uint32_t hash = seed_ ^ std::uint32_t(x) * 0x9E3779B1U ^
                             std::uint32_t(y) * 0x85EBCA77U ^ std::uint32_t(octave) * 0xC2B2AE3DU;
        hash = (hash ^ hash >> 15) * 0x2C1B3C6DU;
        hash = (hash ^ hash >> 12) * 0x297A2D39U;
        return double(hash ^ hash >> 15) / 0x80000000U - 1;
    }
    double smooth(int x, int y, int octave) const {
        const int side = 1 << octave;
        const double right = double(x % side) / side, below = double(y % side) / side;
        const int left = x / side, top = y / side;
        return (random(left, top, octave) * (1 - right) + random(left + 1, top, octave) * right) *
                   (1 - below) +
               (random(left, top + 1, octave) * (1 - right) +
                random(left + 1, top + 1, octave) * right) *
                   below;
    }
    std::uint32_t seed_;
};

Image landscape(int width, int height, int bands = 3) {
    const Noise light(7), tint(11);
    return paint(width, height, bands, [&](int x, int y) {
        const double value = 128 + light.at(x, y), shift = 0.25 * tint.at(x, y);
        const auto level = [](double at) {
            return static_cast<std::uint8_t>(std::clamp(at, 0.0, 255.0));
        };
        return Colour{level(value + shift), level(value), level(value - shift), level(value + 60)};
    });
}

// Lanczos over all pixels as floating point, by libvips: premultiplied, with the exact geometry.
Decoded filtered(const Image& full, Size size) {
    const Image plain = apply(vips_cast_float, full);
    const Image weighted = full.hasAlpha() ? apply(vips_premultiply, plain) : plain;
    const Image reduced = apply(vips_reduce, weighted, double(full.width()) / size.width,
                                double(full.height()) / size.height);
    const Image straight = full.hasAlpha() ? apply(vips_unpremultiply, reduced) : reduced;
    return pixelsOf(apply(vips_linear1, straight, 1.0, 0.5, "uchar", TRUE));
}

Size sizeAt(Size full, double factor) {
    return {static_cast<std::uint32_t>(std::lround(full.width / factor)),
            static_cast<std::uint32_t>(std::lround(full.height / factor))};
}

double fidelity(const std::string& source, const Decoded& full, Size size) {
    const Decoded ours =
        decode(renderOf(source, toPng({boxed(size.width, size.height, Fit::stretch)})));
    return psnr(ours, filtered(full.image, size));
}

constexpr double everyFactor[] = {1.01, 1.7, 2.03, 3,    3.21, 3.7,  4.08,
                                  5,    6,   6.41, 8.05, 9.1,  12.5, 16.1};

void expectFidelity(const std::string& source, SourceType type, double least,
                    const std::string& what) {
    const Decoded full = decode(view(source), type);
    for (const double factor : everyFactor) {
        const Size size = sizeAt(full.size, factor);
        EXPECT_GE(fidelity(source, full, size), least) << what << " by " << factor;
    }
}

std::string subsampled(const Image& image, int quality, bool isProgressive) {
    return save(vips_jpegsave_buffer, image, "Q", quality, "subsample_mode",
                VIPS_FOREIGN_SUBSAMPLE_ON, "interlace", gboolean(isProgressive));
}

TEST_F(ShrinkOnLoad, JpegsReach42DecibelsFromAllPixelsAtEveryFactorAndSize) {
    const Image even = landscape(1600, 1200), odd = landscape(1607, 1203),
                small = landscape(803, 607);
    expectFidelity(subsampled(even, 92, false), SourceType::jpeg, 42, "even");
    expectFidelity(subsampled(odd, 92, true), SourceType::jpeg, 42, "odd, progressive");
    expectFidelity(jpeg(odd, 92), SourceType::jpeg, 42, "odd, 4:4:4");
    expectFidelity(subsampled(small, 92, false), SourceType::jpeg, 42, "small");
}

TEST_F(ShrinkOnLoad, GreyAndCmykJpegsReach42Decibels) {
    expectFidelity(jpeg(landscape(1607, 1203, 1), 92), SourceType::jpeg, 42, "grey");
    const Image cmyk =
        apply(vips_copy, landscape(1607, 1203, 4), "interpretation", VIPS_INTERPRETATION_CMYK);
    const std::string source = jpeg(cmyk, 92);
    // Compared in the colours of the result, after the same conversion.
    const Decoded full = decode(renderOf(source, toPng({})));
    for (const double factor : {2.03, 3.3, 4.7, 6.5, 13.3}) {
        EXPECT_GE(fidelity(source, full, sizeAt(full.size, factor)), 42) << factor;
    }
}

TEST_F(ShrinkOnLoad, WebpsReach42Decibels) {
    const std::string lossy =
        save(vips_webpsave_buffer, landscape(1607, 1203), "Q", 90, "effort", 1);
    expectFidelity(lossy, SourceType::webp, 42, "lossy");
    expectFidelity(save(vips_webpsave_buffer, landscape(803, 601, 4), "Q", 90, "effort", 1),
                   SourceType::webp, 42, "transparent");
}

TEST_F(ShrinkOnLoad, TypesThatAreNotShrunkReach42Decibels) {
    const Image image = landscape(1203, 905), transparent = landscape(803, 605, 4);
    expectFidelity(png(image), SourceType::png, 50, "png");
    expectFidelity(png(transparent), SourceType::png, 48, "transparent png");
    expectFidelity(tiff(landscape(803, 605, 2)), SourceType::tiff, 48, "transparent grey tiff");
    expectFidelity(avif(image), SourceType::avif, 50, "avif");
    expectFidelity(heic(image), SourceType::heic, 50, "heic");
}

TEST_F(ShrinkOnLoad, ReductionsByLargeFactorsNeedFewLinesAndAreExact) {
    const Image image = landscape(2003, 1501);
    const std::string source = png(image);
    const Decoded full = decode(view(source), SourceType::png);
    for (const double factor : {8.1, 25.0, 60.0, 150.0}) {
        EXPECT_GE(fidelity(source, full, sizeAt(full.size, factor)), 46) << factor;
    }
}

// A light frame at the right and bottom, `frame` pixels wide, around a dark field.
Image framed(int width, int height, int frame, int bands = 3) {
    return paint(width, height, bands, [=](int x, int y) {
        return x < width - frame && y < height - frame ? Colour{60, 60, 60, 255}
                                                       : Colour{200, 200, 200, 255};
    });
}

// The width of the frame in pixels of the result, from the sum of brightness in a line.
struct Margins {
    double right = 0, bottom = 0;
};

double lightShare(const Decoded& image, int x, int y) {
    return (image.at(x, y).red - 60) / 140.0;
}

Margins marginsOf(const Decoded& image, int x, int y) {
    Margins margins;
    for (int column = 0; column < int(image.size.width); ++column) {
        margins.right += lightShare(image, column, y);
    }
    for (int row = 0; row < int(image.size.height); ++row) {
        margins.bottom += lightShare(image, x, row);
    }
    return margins;
}

void expectFrame(const Decoded& result, Size source, int frame, const std::string& what) {
    const Margins margins = marginsOf(result, 5, 5);
    EXPECT_NEAR(margins.right, double(frame) * result.size.width / source.width, 0.05) << what;
    EXPECT_NEAR(margins.bottom, double(frame) * result.size.height / source.height, 0.05) << what;
}

TEST_F(ShrinkOnLoad, EdgesAreExactToATwentiethOfAPixel) {
    for (const Size size : {Size{2007, 1503}, {2001, 1505}, {1603, 1207}}) {
        const Image image = framed(int(size.width), int(size.height), 101);
        const std::string sources[] = {jpeg(image), subsampled(image, 95, true), webp(image),
                                       jpeg(framed(int(size.width), int(size.height), 101, 1)),
                                       png(image)};
        for (std::size_t i = 0; i < std::size(sources); ++i) {
            for (const double factor : {1.7, 2.5, 3.3, 4.08, 5.0, 6.6, 9.3, 13.1, 17.0}) {
                const Size wanted = sizeAt(size, factor);
                const Decoded result = decode(renderOf(
                    sources[i], toPng({boxed(wanted.width, wanted.height, Fit::stretch)})));
                expectFrame(result, size, 101,
                            ::testing::PrintToString(size) + " " + std::to_string(i) + " by " +
                                std::to_string(factor));
            }
        }
    }
}

TEST_F(ShrinkOnLoad, EdgesAreExactAfterEnlarging) {
    for (const std::string& source : {png(framed(203, 151, 31)), jpeg(framed(203, 151, 31), 100)}) {
        for (const double factor : {0.9, 0.7, 0.5, 0.21}) {
            const Size wanted = sizeAt({203, 151}, factor);
            const Decoded result =
                decode(renderOf(source, toPng({boxed(wanted.width, wanted.height, Fit::stretch)})));
            const Margins margins = marginsOf(result, 5, 5);
            EXPECT_NEAR(margins.right * factor, 31, 0.1) << factor;
            EXPECT_NEAR(margins.bottom * factor, 31, 0.1) << factor;
        }
    }
}

TEST_F(ShrinkOnLoad, SidesBeyondTheFiltersLimitAreScaledByLibvips) {
    const std::string source =
        png(paint(65540, 4, 3, [](int x, int) { return x < 32770 ? black : white; }));
    const Decoded result = decode(renderOf(source, toPng({boxed(100, 4, Fit::stretch)})));
    EXPECT_EQ(result.at(10, 1), black);
    EXPECT_EQ(result.at(90, 1), white);
}

TEST_F(ShrinkOnLoad, EdgesAreExactInEveryOrientation) {
    const Size size{2007, 1503};
    const Image upright = framed(int(size.width), int(size.height), 101);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        constexpr int clockwise = 6, counterclockwise = 8;  // inverse to each other
        const int undone = orientation == clockwise          ? counterclockwise
                           : orientation == counterclockwise ? clockwise
                                                             : orientation;
        const Image stored = orient(upright, undone, patient());
        vips_image_set_int(stored.get(), VIPS_META_ORIENTATION, orientation);
        const std::string source = jpeg(stored);
        for (const double width : {803, 492, 300}) {
            const Decoded result =
                decode(renderOf(source, toPng({boxed(width, 0, Fit::insideNoEnlarge)})));
            expectFrame(result, size, 101, std::to_string(orientation));
        }
    }
}

// The part begins between two pixels of the shrunk image.
TEST_F(ShrinkOnLoad, EdgesOfPartsAreExact) {
    const Image image = framed(4007, 3005, 1001);
    for (const std::string& source : {jpeg(image), webp(image)}) {
        for (const int left : {0, 1, 3, 5, 250, 1003}) {
            Step step = boxed(233, 177, Fit::stretch);
            step.trim.kind = Trim::Kind::box;
            step.trim.left = step.trim.top = left > 0 ? pixels(left) : Length{};
            step.trim.width = pixels(3003 - left + 650);
            step.trim.height = pixels(2001 - left + 650);
            const Decoded result = decode(renderOf(source, toPng({step})));
            const Margins margins = marginsOf(result, 5, 5);
            EXPECT_NEAR(margins.right, (3653 - 3006.0) * 233 / (3653 - left), 0.05) << left;
            EXPECT_NEAR(margins.bottom, (2651 - 2004.0) * 177 / (2651 - left), 0.05) << left;
        }
    }
}

// libvips writes 4:4:4 and 4:2:0 only.
std::string sampledJpeg(const Image& painted, const std::vector<Sampling>& sampling) {
    const Image image = pixelsOf(painted).image;
    jpeg_compress_struct writer{};
    jpeg_error_mgr errors{};
    writer.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writer);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&writer, &bytes, &size);
    writer.image_width = image.width();
    writer.image_height = image.height();
    writer.input_components = 3;
    writer.in_color_space = JCS_RGB;
    jpeg_set_defaults(&writer);
    jpeg_set_quality(&writer, 92, TRUE);
    for (std::size_t i = 0; i < sampling.size(); ++i) {
        writer.comp_info[i].h_samp_factor = sampling[i].across;
        writer.comp_info[i].v_samp_factor = sampling[i].down;
    }
    jpeg_start_compress(&writer, TRUE);
    while (writer.next_scanline < writer.image_height) {
        JSAMPROW line = VIPS_IMAGE_ADDR(image.get(), 0, int(writer.next_scanline));
        jpeg_write_scanlines(&writer, &line, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    std::string written(reinterpret_cast<const char*>(bytes), size);
    std::free(bytes);
    return written;
}

// Red bars on grey differ from it in colour only. A decoder that shrinks colour twice reaches 22 dB
// with them, and 14 dB if it shrinks by four.
TEST_F(ShrinkOnLoad, ColourThatIsCoarseInOneDirectionKeepsItsDetail) {
    constexpr int width = 1600, height = 1200;
    const Colour strong{255, 0, 0};
    const Image upright =
        paint(width, height, 3, [&](int x, int) { return x / 8 % 2 == 0 ? strong : grey; });
    const Image lying =
        paint(width, height, 3, [&](int, int y) { return y / 8 % 2 == 0 ? strong : grey; });
    const Image waves = paint(width, height, 3, [](int x, int y) {
        const auto wave = [](double at) {
            return static_cast<std::uint8_t>(std::lround(128 + 90 * std::sin(at)));
        };
        return Colour{wave(x / 9.0), wave(y / 9.0 + 1), wave((x + y) / 14.0)};
    });
    const std::vector<Sampling> kinds[] = {{{2, 1}, {1, 1}, {1, 1}},
                                           {{1, 2}, {1, 1}, {1, 1}},
                                           {{4, 1}, {1, 1}, {1, 1}},
                                           {{2, 2}, {1, 2}, {1, 2}},
                                           {{2, 2}, {2, 1}, {2, 1}}};
    for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
        for (const double factor : {3.3, 4.0, 5.1, 6.5, 8.0, 10.0}) {
            const auto check = [&](const Image& image, double least) {
                const std::string source = sampledJpeg(image, kinds[kind]);
                const Decoded full = decode(view(source), SourceType::jpeg);
                EXPECT_GE(fidelity(source, full, sizeAt(full.size, factor)), least)
                    << kind << " by " << factor;
            };
            check(upright, 28);
            check(lying, 28);
            check(waves, 40);
        }
    }
}

}  // namespace
}  // namespace private_image
