// Additional samples of a TIFF: ExtraSamples determines the alpha channel, other samples are
// dropped.
#include "pictures.hpp"
#include "tiff_maker.hpp"

namespace private_image {
namespace {

using namespace pictures;

class TiffBands : public pictures::Test {};

constexpr std::uint16_t grey = 1, rgb = 2, ink = 5;
constexpr std::uint16_t unspecified = 0, associated = 1, unassociated = 2;

struct Layout {
    std::uint16_t photometric = rgb;
    std::vector<std::uint16_t> extra;
    std::vector<int> pixel;
    int bits = 8;
    bool isPlanar = false;
};

constexpr std::uint16_t side = 8;

// A picture of one colour, after `pages` pages with one grey band.
std::string tiffOf(const Layout& layout, bool isBigEndian = false, bool hasPageBefore = false) {
    TiffMaker maker(isBigEndian);
    const auto bytes = static_cast<std::size_t>(layout.bits) / 8;
    const auto count = static_cast<std::uint16_t>(layout.pixel.size());
    const auto sampleOf = [&](int value) {
        return maker.number(std::uint64_t(value) * (bytes == 2 ? 257 : 1), bytes);
    };
    std::string pixels;
    std::vector<std::uint64_t> strips;
    if (layout.isPlanar) {
        for (const int value : layout.pixel) {
            std::string plane;
            for (int i = 0; i < side * side; ++i) {
                plane += sampleOf(value);
            }
            strips.push_back(maker.add(plane));
        }
    } else {
        for (int i = 0; i < side * side; ++i) {
            for (const int value : layout.pixel) {
                pixels += sampleOf(value);
            }
        }
        strips.push_back(maker.add(pixels));
    }
    const auto longs = [&](std::uint16_t tag, const std::vector<std::uint64_t>& values) {
        TiffField field{tag, 4, static_cast<std::uint32_t>(values.size()), {}};
        for (std::uint64_t value : values) {
            field.value += maker.number(value, 4);
        }
        return field;
    };
    const std::size_t stripLength = side * side * bytes * count / strips.size();
    std::vector<TiffField> fields{
        maker.shorts(256, {side}),
        maker.shorts(257, {side}),
        maker.shorts(258, std::vector<std::uint16_t>(count, std::uint16_t(layout.bits))),
        maker.shorts(259, {1}),
        maker.shorts(262, {layout.photometric}),
        longs(273, strips),
        maker.shorts(277, {count}),
        maker.shorts(278, {side}),
        longs(279, std::vector<std::uint64_t>(strips.size(), stripLength)),
        maker.shorts(284, {std::uint16_t(layout.isPlanar ? 2 : 1)}),
    };
    if (!layout.extra.empty()) {
        fields.push_back(maker.shorts(338, layout.extra));
    }
    std::uint64_t first = maker.addDirectory(fields);
    if (hasPageBefore) {
        const std::uint64_t plane = maker.add(std::string(side * side, 'x'));
        first = maker.addDirectory(
            {maker.shorts(256, {side}), maker.shorts(257, {side}), maker.shorts(258, {8}),
             maker.shorts(259, {1}), maker.shorts(262, {grey}), longs(273, {plane}),
             maker.shorts(277, {1}), maker.shorts(278, {side}), longs(279, {side * side})},
            first);
    }
    return maker.file(first);
}

struct Expected {
    int bands;
    Colour colour;
};

void expectResult(const Layout& layout, const Expected& expected, const std::string& what) {
    for (const bool isBigEndian : {false, true}) {
        for (const bool isPlanar : {false, true}) {
            Layout made = layout;
            made.isPlanar = isPlanar;
            const Decoded result = decode(renderOf(tiffOf(made, isBigEndian), toPng({})));
            EXPECT_EQ(result.bands, expected.bands) << what;
            expectNear(result.at(3, 3), expected.colour, 2, what);
        }
    }
}

TEST_F(TiffBands, ExtraSamplesDetermineWhichOneIsAlpha) {
    for (const int bits : {8, 16}) {
        const auto expectRgb = [&](const std::vector<std::uint16_t>& extra,
                                   const std::vector<int>& behind, const Expected& expected,
                                   const std::string& what) {
            Layout layout{rgb, extra, {200, 100, 50}, bits};
            layout.pixel.insert(layout.pixel.end(), behind.begin(), behind.end());
            expectResult(layout, expected, what + ", " + std::to_string(bits));
        };
        expectRgb({unassociated}, {128}, {4, {200, 100, 50, 128}}, "alpha");
        expectRgb({unassociated, unspecified}, {128, 7}, {4, {200, 100, 50, 128}}, "alpha, one");
        expectRgb({unspecified, unassociated}, {7, 128}, {4, {200, 100, 50, 128}}, "one, alpha");
        expectRgb({unspecified, unassociated, unspecified}, {7, 128, 9}, {4, {200, 100, 50, 128}},
                  "one, alpha, one");
        expectRgb({unspecified}, {7}, {3, {200, 100, 50}}, "one");
        expectRgb({unspecified, unspecified}, {7, 9}, {3, {200, 100, 50}}, "two");
        expectRgb({unassociated, unassociated}, {128, 9}, {4, {200, 100, 50, 128}}, "two alphas");
    }
}

TEST_F(TiffBands, ColoursAreDividedByAssociatedAlpha) {
    for (const std::vector<std::uint16_t>& extra :
         {std::vector<std::uint16_t>{associated, unspecified},
          std::vector<std::uint16_t>{unspecified, associated}}) {
        const bool isFirst = extra.front() == associated;
        expectResult({rgb, extra, {100, 50, 25, isFirst ? 128 : 9, isFirst ? 9 : 128}},
                     {4, {200, 100, 50, 128}}, isFirst ? "alpha, one" : "one, alpha");
    }
    expectResult({rgb, {associated}, {100, 50, 25, 128}}, {4, {200, 100, 50, 128}}, "alpha");
}

TEST_F(TiffBands, GreyHasExtraSamplesToo) {
    for (const int bits : {8, 16}) {
        expectResult({grey, {unassociated}, {77, 128}, bits}, {2, {77, 77, 77, 128}}, "alpha");
        expectResult({grey, {unspecified}, {77, 9}, bits}, {1, {77, 77, 77}}, "one");
        expectResult({grey, {unassociated, unspecified}, {77, 128, 9}, bits},
                     {2, {77, 77, 77, 128}}, "alpha, one");
        expectResult({grey, {unspecified, unassociated}, {77, 9, 128}, bits},
                     {2, {77, 77, 77, 128}}, "one, alpha");
        expectResult({grey, {unspecified, unspecified, unspecified}, {77, 9, 8, 7}, bits},
                     {1, {77, 77, 77}}, "three");
    }
}

TEST_F(TiffBands, InkHasExtraSamplesToo) {
    const Colour plain = decode(renderOf(tiffOf({ink, {}, {0, 200, 200, 0}}), toPng({}))).at(3, 3);
    EXPECT_GT(plain.red, 150);
    EXPECT_LT(plain.green, 120);
    expectResult({ink, {unspecified}, {0, 200, 200, 0, 9}}, {3, plain}, "one");
    Colour transparent = plain;
    transparent.alpha = 128;
    expectResult({ink, {unassociated}, {0, 200, 200, 0, 128}}, {4, transparent}, "alpha");
    expectResult({ink, {unspecified, unassociated}, {0, 200, 200, 0, 9, 128}}, {4, transparent},
                 "one, alpha");
    // Also after scaling.
    const std::string source = tiffOf({ink, {unassociated}, {0, 200, 200, 0, 128}});
    const Decoded scaled = decode(renderOf(source, toPng({boxed(4, 4, Fit::inside)})));
    expectNear(scaled.at(2, 2), transparent, 2, "scaled");
}

TEST_F(TiffBands, EachPageHasItsOwnExtraSamples) {
    const std::string source =
        tiffOf({rgb, {unspecified, unassociated}, {200, 100, 50, 9, 128}}, false, true);
    Transform second = toPng({});
    second.pages = Pages{1, 1};
    expectNear(decode(renderOf(source, second)).at(3, 3), {200, 100, 50, 128}, 2);
    EXPECT_EQ(decode(renderOf(source, toPng({}))).bands, 1);
}

TEST_F(TiffBands, WithoutExtraSamplesTheFourthSampleIsAlpha) {
    expectResult({rgb, {}, {200, 100, 50, 128}}, {4, {200, 100, 50, 128}}, "none");
    expectResult({rgb, {}, {200, 100, 50}}, {3, {200, 100, 50}}, "none");
}

}  // namespace
}  // namespace private_image
