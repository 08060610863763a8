// Sources that describe their colours by numbers or by an unusual profile. Results must look like
// the source in a browser; the expected pixels were read from a canvas of Chromium 156.
#include <lcms2.h>

#include <cmath>

#include "binary_files.hpp"
#include "pictures.hpp"
#include "render/colour_description.hpp"
#include "render/steps/icc_profile.hpp"

namespace private_image {
namespace {

using namespace binary_files;
using namespace pictures;
using namespace std::string_literals;

class ColourSteps : public pictures::Test {};

constexpr Colour sample{100, 50, 20};

std::string gama(std::uint64_t value) {
    return pngChunk("gAMA", bigEndian(value));
}
std::string chrm(std::initializer_list<std::uint64_t> values) {
    std::string content;
    for (std::uint64_t value : values) {
        content += bigEndian(value);
    }
    return pngChunk("cHRM", content);
}
std::string cicp(int primaries, int transfer, int matrix = 0, int range = 1) {
    return pngChunk("cICP", {char(primaries), char(transfer), char(matrix), char(range)});
}
const std::string srgb = pngChunk("sRGB", "\0"s);
const std::string displayP3 = chrm({31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000});
const std::string ofSrgb = chrm({31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000});

constexpr std::size_t afterHeader = 33;  // signature and IHDR

std::string withChunks(std::string png, const std::string& chunks) {
    return png.insert(afterHeader, chunks);
}

Colour shown(const std::string& source, SourceType = SourceType::png) {
    return decode(renderOf(source, toPng({}))).at(4, 4);
}

struct Case {
    std::string chunks;
    Colour expected;
};

void expectShown(const std::vector<Case>& cases) {
    const std::string picture = png(paint(8, 8, 3, plain(sample)));
    for (std::size_t i = 0; i < cases.size(); ++i) {
        expectNear(shown(withChunks(picture, cases[i].chunks)), cases[i].expected, 2,
                   "case " + std::to_string(i));
    }
}

TEST_F(ColourSteps, PngGammaIsApplied) {
    expectShown({
        {gama(100'000), {168, 122, 79}},
        {gama(200'000), {207, 178, 144}},
        {gama(30'000), {59, 14, 1}},
        {gama(10), {0, 0, 0}},
        {gama(2'000'000'000), {255, 255, 255}},
        {gama(45'455) + displayP3, {108, 42, 0}},
        {displayP3 + gama(45'455), {108, 42, 0}},
        {gama(45'455) + chrm({34570, 35850, 64000, 33000, 30000, 60000, 15000, 6000}),
         {104, 47, 17}},
        {gama(100'000) + gama(45'455), {168, 122, 79}},
    });
}

TEST_F(ColourSteps, PngInSrgbOrWithIncompleteDescriptionIsUnchanged) {
    expectShown({
        {gama(45'455), sample},
        {gama(45'000) + ofSrgb, sample},
        {displayP3, sample},
        {gama(0), sample},
        {srgb + gama(100'000) + displayP3, sample},
        {gama(100'000) + chrm({0, 0, 0, 0, 0, 0, 0, 0}), sample},
        {gama(100'000) + chrm({31270, 0, 64000, 33000, 30000, 60000, 15000, 6000}), sample},
        {gama(100'000) + chrm({31270, 32900, 10000, 10000, 20000, 20000, 30000, 30000}), sample},
        {gama(100'000) + chrm({0xFFFFFFFF, 0xFFFFFFFF, 1, 1, 1, 1, 1, 1}), sample},
        {pngChunk("gAMA", "\1"), sample},
        {pngChunk("cICP", "\x0C\x0D"), sample},
    });
}

TEST_F(ColourSteps, PngCodePointsHavePrecedence) {
    expectShown({
        {cicp(12, 13), {108, 47, 9}},
        {cicp(12, 13) + srgb, {108, 47, 9}},
        {srgb + gama(100'000) + cicp(12, 13), {108, 47, 9}},
        {cicp(1, 13) + gama(100'000), sample},
        // If they do not apply, the next kind is used.
        {cicp(12, 13, 0, 0) + gama(100'000), {168, 122, 79}},
        {cicp(2, 2) + gama(100'000), {168, 122, 79}},
        {cicp(2, 13), sample},
        {cicp(12, 2), sample},
        {cicp(12, 13, 1), sample},
        // PQ and HLG are not converted.
        {cicp(9, 16), sample},
        {cicp(9, 18) + gama(100'000), sample},
    });
}

TEST_F(ColourSteps, EveryTransferOfPngIsApplied) {
    expectShown({
        {cicp(1, 1), {91, 39, 7}},
        {cicp(1, 4), {100, 46, 12}},
        {cicp(1, 5), {76, 26, 3}},
        {cicp(1, 6), {91, 39, 7}},
        {cicp(1, 7), {115, 68, 38}},
        {cicp(1, 8), {168, 122, 79}},
        {cicp(1, 11), {91, 39, 7}},
        {cicp(1, 14), {91, 39, 7}},
        {cicp(1, 15), {91, 39, 7}},
        {cicp(1, 17), {87, 34, 5}},
    });
    for (int transfer : {0, 3, 9, 10, 12, 19, 255}) {
        expectShown({{cicp(12, transfer), sample}});
    }
}

TEST_F(ColourSteps, AllPrimariesAreApplied) {
    expectShown({
        {cicp(4, 13), {116, 46, 9}},
        {cicp(5, 13), {102, 50, 21}},
        {cicp(6, 13), {98, 51, 19}},
        {cicp(7, 13), {98, 51, 19}},
        {cicp(8, 13), {112, 46, 9}},
        {cicp(9, 13), {121, 39, 8}},
        {cicp(10, 13), {159, 0, 24}},
        {cicp(11, 13), {105, 47, 9}},
        {cicp(12, 13), {108, 47, 9}},
        {cicp(22, 13), {101, 51, 20}},
    });
    for (int primaries : {0, 3, 13, 255}) {
        expectShown({{cicp(primaries, 8), sample}});
    }
}

TEST_F(ColourSteps, CodePointsReplaceAProfileButGammaDoesNot) {
    Image image = paint(8, 8, 3, plain(sample));
    const Image tagged = apply(vips_icc_export, image, "output_profile", "p3");
    const std::string source = png(tagged);
    const Colour byProfile = shown(source);
    expectNear(byProfile, sample, 5);
    expectNear(shown(withChunks(source, gama(100'000))), byProfile, 0);
    expectNear(shown(withChunks(source, cicp(1, 13))),
               decode(view(source), SourceType::png).at(4, 4), 0);
    Transform keeping = as(Format::png);
    keeping.encoding.keepsProfile = true;
    EXPECT_FALSE(
        decode(renderOf(withChunks(source, cicp(1, 13)), keeping)).has(VIPS_META_ICC_NAME));
}

TEST_F(ColourSteps, GreyAndTransparentPixelsAreConverted) {
    const auto linear = [](const Image& image) {
        return shown(withChunks(png(image), gama(100'000) + displayP3));
    };
    expectNear(linear(paint(8, 8, 1, plain({60, 0, 0}))), {133, 133, 133}, 1);
    expectNear(linear(paint(8, 8, 2, plain({60, 0, 0, 77}))), {133, 133, 133, 77}, 1);
    const Colour coloured =
        shown(withChunks(png(paint(8, 8, 4, plain({100, 50, 20, 77}))), gama(100'000)));
    expectNear(coloured, {168, 122, 79, 77}, 2);
}

TEST_F(ColourSteps, APaletteIsConverted) {
    const Image image = paint(8, 8, 3, plain(sample));
    const std::string source = save(vips_pngsave_buffer, image, "palette", TRUE);
    expectNear(shown(withChunks(source, gama(100'000))), {168, 122, 79}, 2);
}

// 8 bits of linear light have no values between 0, 13 and 22 of sRGB.
TEST_F(ColourSteps, SixteenBitsKeepDarkShades) {
    for (const int bands : {1, 2, 3, 4}) {
        for (const int value : {40, 200, 700, 9000, 65535}) {
            const std::vector<std::uint16_t> pixels(64 * std::size_t(bands),
                                                    static_cast<std::uint16_t>(value));
            const Image plain(vips_image_new_from_memory_copy(pixels.data(), pixels.size() * 2, 8,
                                                              8, bands, VIPS_FORMAT_USHORT));
            const Image deep =
                apply(vips_copy, plain, "interpretation",
                      bands < 3 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16);
            const double light = value / 65535.0;
            const double encoded = srgbCurve.sampleOf(light) * 255;
            const Colour result = shown(withChunks(png(deep), gama(100'000)));
            EXPECT_NEAR(result.red, encoded, 1) << bands << " bands, " << value;
            EXPECT_EQ(result.alpha, bands % 2 == 0 ? value >> 8 : 255);
        }
    }
}

TEST_F(ColourSteps, ADescriptionBecomesAProfileThatCanBeKept) {
    const std::string source =
        withChunks(png(paint(8, 8, 3, plain(sample))), cicp(12, 13) + gama(45'455));
    Transform keeping = as(Format::png);
    keeping.encoding.keepsProfile = true;
    const Decoded kept = decode(renderOf(source, keeping));
    EXPECT_TRUE(kept.has(VIPS_META_ICC_NAME));
    expectNear(kept.at(4, 4), sample, 0);
    expectNear(decode(renderOf(source, as(Format::gif))).at(4, 4), {108, 47, 9}, 2);
}

// An AVIF file, in which the colour numbers are then replaced.
std::string avifOf(int primaries, int transfer) {
    std::string file = save(vips_heifsave_buffer, paint(16, 16, 3, plain({234, 51, 35})),
                            "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "lossless", TRUE);
    const auto at = file.find("nclx");
    EXPECT_NE(at, file.npos);
    return file.replace(at + 4, 4, bigEndian(std::uint64_t(primaries) << 16 | unsigned(transfer)));
}

TEST_F(ColourSteps, NclxIsApplied) {
    const struct {
        int primaries, transfer;
        Colour expected;
    } cases[] = {
        {12, 13, {255, 0, 0}},   {1, 13, {234, 51, 35}},  {1, 1, {234, 51, 35}},
        {1, 6, {234, 51, 35}},   {1, 14, {234, 51, 35}},  {1, 15, {234, 51, 35}},
        {2, 2, {234, 51, 35}},   {1, 4, {235, 48, 30}},   {1, 5, {229, 27, 12}},
        {1, 7, {236, 69, 53}},   {1, 8, {246, 124, 104}}, {1, 17, {240, 35, 18}},
        {4, 13, {255, 29, 0}},   {5, 13, {238, 51, 35}},  {6, 13, {228, 61, 33}},
        {9, 13, {255, 0, 2}},    {10, 13, {255, 0, 72}},  {11, 13, {249, 1, 3}},
        {22, 13, {236, 62, 33}}, {12, 2, {255, 0, 0}},    {9, 16, {234, 51, 35}},
        {9, 18, {234, 51, 35}},  {0, 8, {234, 51, 35}},   {1, 9, {234, 51, 35}},
    };
    for (const auto& each : cases) {
        expectNear(shown(avifOf(each.primaries, each.transfer), SourceType::avif), each.expected, 3,
                   std::to_string(each.primaries) + "/" + std::to_string(each.transfer));
    }
}

TEST_F(ColourSteps, NclxOfHeicIsUsedUnlessThereIsAProfile) {
    const std::string file = avifOf(12, 13);  // HEIC has the same container
    const auto colours = describedColours(SourceType::heic, file, {}, false);
    ASSERT_TRUE(colours);
    EXPECT_FALSE(colours->isSrgb());
    EXPECT_EQ(colours->primaries.green.x, 0.265);
    EXPECT_TRUE(describedColours(SourceType::heic, file, 0, false));
    EXPECT_FALSE(describedColours(SourceType::heic, file, {}, true));
    EXPECT_TRUE(describedColours(SourceType::heic, avifOf(1, 13), {}, false)->isSrgb());
    for (std::size_t length = 0; length < file.size(); ++length) {
        describedColours(SourceType::heic, file.substr(0, length), {}, false);
    }
}

// Profiles.

// A profile that permutes red, green and blue, with a table for `tag` only.
std::string swappingProfile(cmsTagSignature tag) {
    struct Sampler {
        static int lab(const cmsUInt16Number in[], cmsUInt16Number out[], void* transform) {
            const cmsUInt16Number swapped[] = {in[2], in[0], in[1]};
            cmsDoTransform(transform, swapped, out, 1);
            return 1;
        }
    };
    const IccProfile rgb(cmsCreate_sRGBProfile()), lab(cmsCreateLab4Profile(nullptr));
    const cmsHTRANSFORM transform =
        cmsCreateTransform(rgb.get(), TYPE_RGB_16, lab.get(), TYPE_Lab_16,
                           INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
    cmsStage* table = cmsStageAllocCLut16bit(nullptr, 33, 3, 3, nullptr);
    cmsStageSampleCLut16bit(table, Sampler::lab, transform, 0);
    cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 3, 3);
    for (cmsStage* stage : {cmsStageAllocToneCurves(nullptr, 3, nullptr), table,
                            cmsStageAllocToneCurves(nullptr, 3, nullptr)}) {
        cmsPipelineInsertStage(pipeline, cmsAT_END, stage);
    }
    const IccProfile profile(cmsCreateProfilePlaceholder(nullptr));
    cmsSetProfileVersion(profile.get(), 4.3);
    cmsSetDeviceClass(profile.get(), cmsSigInputClass);
    cmsSetColorSpace(profile.get(), cmsSigRgbData);
    cmsSetPCS(profile.get(), cmsSigLabData);
    cmsWriteTag(profile.get(), cmsSigMediaWhitePointTag, cmsD50_XYZ());
    cmsWriteTag(profile.get(), tag, pipeline);
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile.get(), nullptr, &size);
    std::string bytes(size, '\0');
    EXPECT_TRUE(cmsSaveProfileToMem(profile.get(), bytes.data(), &size));
    cmsPipelineFree(pipeline);
    cmsDeleteTransform(transform);
    return bytes;
}

TEST_F(ColourSteps, ATableOfAnyIntentIsApplied) {
    for (const cmsTagSignature tag : {cmsSigAToB0Tag, cmsSigAToB1Tag, cmsSigAToB2Tag}) {
        const std::string profile = swappingProfile(tag);
        Image image = paint(8, 8, 3, plain({200, 100, 50}));
        vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, profile.data(), profile.size());
        expectNear(shown(png(image)), {50, 200, 100}, 8, "tag " + std::to_string(tag));
    }
}

}  // namespace
}  // namespace private_image
