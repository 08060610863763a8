// How results are written: encodings, profiles, density, pages, descriptions.
#include <cstring>

#include "render/steps/encode.hpp"
#include "step_checks.hpp"
#include "vips_objects.hpp"

namespace private_image {
namespace {

using namespace pictures;

class Output : public pictures::Test {};

std::string bytesOf(const RenderOutcome& outcome) {
    if (!outcome.rendered) {
        ADD_FAILURE() << outcome.detail;
        return {};
    }
    return {reinterpret_cast<const char*>(outcome.rendered->bytes.data.get()),
            outcome.rendered->bytes.size};
}

Transform with(Format format, const Encoding& encoding) {
    Transform transform = as(format);
    transform.encoding = encoding;
    return transform;
}

std::string photo() {
    return png(photograph(160, 120, 3));
}

bool isProgressive(const std::string& bytes, SourceType type) {
    return readHeader(openSource(type, view(bytes)), type, view(bytes)).isProgressive;
}

TEST_F(Output, JpegAndPngAreProgressiveOnRequest) {
    for (Format format : {Format::jpeg, Format::png}) {
        Encoding encoding;
        const auto written = [&] { return bytesOf(renderOf(photo(), with(format, encoding))); };
        EXPECT_FALSE(isProgressive(written(), typeOf(format)));
        encoding.progressive = Progressive::always;
        EXPECT_TRUE(isProgressive(written(), typeOf(format)));
        encoding.progressive = Progressive::never;
        EXPECT_FALSE(isProgressive(written(), typeOf(format)));
        encoding.progressive = Progressive::bySize;
        EXPECT_EQ(isProgressive(written(), typeOf(format)), format == Format::jpeg);
    }
}

TEST_F(Output, TheSizeDecidesUnlessTheRequestDoes) {
    Encoding bySize;
    bySize.progressive = Progressive::bySize;
    const auto isProgressive = [&](std::uint32_t width, std::uint32_t height) {
        return encodeOptions(Format::jpeg, {}, bySize, {width, height}).isProgressive;
    };
    EXPECT_TRUE(isProgressive(50, 50) && isProgressive(50, 1) && isProgressive(1, 50) &&
                isProgressive(3000, 3000));
    EXPECT_FALSE(isProgressive(49, 49) || isProgressive(3001, 10) || isProgressive(10, 3001) ||
                 isProgressive(3001, 3001));
}

// Red and blue alternate pixel by pixel: at half the colour resolution both become purple.
TEST_F(Output, HighQualityKeepsTheResolutionOfColour) {
    const std::string source = png(paint(32, 32, 3, [](int x, int) {
        return x % 2 == 0 ? Colour{200, 60, 60} : Colour{60, 60, 200};
    }));
    const auto contrast = [&](Format format, std::uint8_t quality) {
        Encoding encoding;
        encoding.quality = quality;
        const Decoded result = decode(renderOf(source, with(format, encoding)));
        return result.at(16, 16).red - result.at(17, 16).red;
    };
    for (Format format : {Format::jpeg, Format::avif}) {
        EXPECT_GT(contrast(format, 95), 100) << int(format);
        EXPECT_LT(contrast(format, 89), 60) << int(format);
    }
}

TEST_F(Output, LosslessChangesNoPixel) {
    Encoding encoding;
    encoding.lossless = true;
    const Decoded source = decode(renderOf(photo(), as(Format::png)));
    for (Format format : {Format::png, Format::webp, Format::jxl}) {
        const Decoded result = decode(renderOf(photo(), with(format, encoding)));
        EXPECT_TRUE(std::isinf(psnr(source, result))) << int(format);
    }
    // The conversion to YCbCr and back rounds.
    EXPECT_GT(psnr(source, decode(renderOf(photo(), with(Format::avif, encoding)))), 48);
}

TEST_F(Output, APaletteMakesASmallerAndSimilarFile) {
    Encoding encoding;
    const std::size_t full = bytesOf(renderOf(photo(), with(Format::png, encoding))).size();
    encoding.palette = true;
    const RenderOutcome outcome = renderOf(photo(), with(Format::png, encoding));
    const std::string bytes = bytesOf(outcome);
    EXPECT_LT(bytes.size(), full);
    ASSERT_GT(bytes.size(), 26u);
    EXPECT_EQ(bytes[25], 3);  // PNG, 11.2.1: colour type 3 is a palette
    EXPECT_GT(psnr(decode(renderOf(photo(), as(Format::png))), decode(outcome)), 30);
    for (int bands : {1, 2, 4}) {
        EXPECT_TRUE(renderOf(png(photograph(40, 40, bands)), with(Format::png, encoding)).rendered)
            << bands;
    }
}

TEST_F(Output, FastIsLargerOrEqual) {
    for (Format format : {Format::jpeg, Format::png, Format::webp}) {
        Encoding encoding;
        const std::size_t usual = bytesOf(renderOf(photo(), with(format, encoding))).size();
        encoding.isFast = true;
        EXPECT_GE(bytesOf(renderOf(photo(), with(format, encoding))).size(), usual) << int(format);
    }
}

TEST_F(Output, TheDensityIsTagged) {
    Encoding encoding;
    encoding.density = 300;
    for (Format format : {Format::jpeg, Format::png}) {
        const Decoded result = decode(renderOf(photo(), with(format, encoding)));
        EXPECT_NEAR(result.image.get()->Xres * 25.4, 300, 0.5) << int(format);
    }
}

std::string withProfile(int bands = 3) {
    Image image = photograph(32, 32, bands);
    Image tagged = apply(vips_icc_export, image, "output_profile", bands < 3 ? "srgb" : "p3");
    EXPECT_TRUE(tagged) << vips_error_buffer();
    return tagged ? png(tagged) : std::string();
}

TEST_F(Output, AProfileIsKeptOnRequestIfTheFormatHasProfiles) {
    Encoding encoding;
    encoding.keepsProfile = true;
    const std::string source = withProfile();
    const Decoded stored = decode(view(source), SourceType::png);
    for (Format format : {Format::png, Format::webp, Format::jpeg, Format::jxl}) {
        encoding.lossless = format != Format::jpeg;
        const Decoded kept = decode(renderOf(source, with(format, encoding)));
        EXPECT_TRUE(kept.has(VIPS_META_ICC_NAME)) << int(format);
        EXPECT_GT(psnr(stored, kept), format == Format::jpeg ? 30 : 99) << int(format);
        // A JPEG XL decoder returns a profile for sRGB, too.
        EXPECT_TRUE(format == Format::jxl ||
                    !decode(renderOf(source, as(format))).has(VIPS_META_ICC_NAME));
    }
    // A format without profiles gets converted colours.
    const Decoded converted = decode(renderOf(source, with(Format::gif, encoding)));
    EXPECT_FALSE(converted.has(VIPS_META_ICC_NAME));
    const Decoded plain = decode(renderOf(source, as(Format::png)));
    EXPECT_LT(psnr(stored, plain), 50);
}

TEST_F(Output, AStepMayRequestTheProfile) {
    const std::string source = withProfile();
    const Decoded stored = decode(view(source), SourceType::png);
    const Decoded plain = decode(renderOf(source, as(Format::png)));
    Step choice, keeping;
    keeping.result.keepsProfile = true;
    for (const bool isMet : {true, false}) {
        choice.condition =
            Condition{{{{Variable::currentWidth, Condition::Relation::greater, isMet ? 9.0 : 99}}}};
        choice.then = {keeping};
        const Decoded result = decode(renderOf(source, as(Format::png, {choice})));
        EXPECT_EQ(result.has(VIPS_META_ICC_NAME), isMet);
        EXPECT_GT(psnr(isMet ? stored : plain, result), 99);
    }
}

TEST_F(Output, ADescriptionHasBothSizes) {
    const std::string source = jpeg(photograph(160, 120, 3));
    const RenderOutcome outcome =
        renderOf(source, as(Format::json, {boxed(80, 0, Fit::insideNoEnlarge)}));
    EXPECT_EQ(bytesOf(outcome),
              "{\"width\":80,\"height\":60,\"original\":{\"width\":160,"
              "\"height\":120,\"file_size\":" +
                  std::to_string(source.size()) + ",\"format\":\"image/jpeg\"}}");
    EXPECT_EQ(outcome.rendered->format, Format::json);
    EXPECT_EQ(outcome.rendered->size, (Size{80, 60}));
}

// Pages.

std::string moving(Format format) {
    const Image strip =
        animation(20, 10, {plain(red), plain(green), plain(blue)}, {100, 200, 300}, 0);
    return format == Format::gif ? gif(strip) : webp(strip);
}

TEST_F(Output, FramesAreChosen) {
    for (Format format : {Format::gif, Format::webp}) {
        Transform transform = as(format);
        transform.pages = Pages{1, std::nullopt};
        const RenderOutcome rest = renderOf(moving(format), transform);
        ASSERT_TRUE(rest.rendered) << rest.detail;
        EXPECT_EQ(rest.rendered->frames, 2u);
        const Decoded strip = decode(rest);
        expectNear(strip.at(5, 5), green, 3);
        expectNear(strip.at(5, 15), blue, 3);
        int* delays = nullptr;
        int count = 0;
        ASSERT_EQ(vips_image_get_array_int(strip.image.get(), "delay", &delays, &count), 0);
        EXPECT_EQ(delays[0], 200);
        transform.pages = Pages{2, 1};
        const RenderOutcome one = renderOf(moving(format), transform);
        EXPECT_EQ(one.rendered->frames, 1u);
        expectNear(decode(one).at(5, 5), blue, 3);
        transform.pages = Pages{3, 1};
        EXPECT_EQ(renderOf(moving(format), transform).problem, RenderProblem::badOptions);
    }
}

TEST_F(Output, AStillUsesTheFirstFrame) {
    Transform transform = as(Format::gif);
    transform.isStill = true;
    const RenderOutcome outcome = renderOf(moving(Format::gif), transform);
    ASSERT_TRUE(outcome.rendered);
    EXPECT_EQ(outcome.rendered->frames, 1u);
    EXPECT_EQ(decode(outcome).at(5, 5), red);
}

TEST_F(Output, PagesOfADocumentAreChosen) {
    Image strip = paint(20, 20, 3, [](int, int y) { return y < 10 ? red : green; });
    vips_image_set_int(strip.get(), VIPS_META_PAGE_HEIGHT, 10);
    const std::string document = tiff(strip);
    Transform transform = toPng({});
    EXPECT_EQ(decode(renderOf(document, transform)).at(5, 5), red);
    transform.pages = Pages{1, 1};
    const Decoded second = decode(renderOf(document, transform));
    EXPECT_EQ(second.size, (Size{20, 10}));
    EXPECT_EQ(second.at(5, 5), green);
    transform.pages = Pages{2, 1};
    EXPECT_EQ(renderOf(document, transform).problem, RenderProblem::badOptions);
}

TEST_F(Output, FramesBeforeTheFirstCountTowardsTheLimit) {
    RenderSettings location = settings();
    location.limits.sourcePixels = 599;
    Transform transform = as(Format::gif);
    transform.pages = Pages{2, 1};
    EXPECT_EQ(renderOf(moving(Format::gif), transform, location).problem, RenderProblem::tooLarge);
}

// The automatic format depends on the result of the steps.

TEST_F(Output, RoundedCornersSurviveAnAutomaticFormat) {
    Step step;
    step.rounding = Rounding{true, {}};
    Transform transform;
    transform.steps = {step};
    transform.formatChoice = FormatChoice::automatic;
    const RenderOutcome outcome = renderOf(jpeg(photograph(60, 60, 3)), transform);
    ASSERT_TRUE(outcome.rendered);
    EXPECT_EQ(outcome.rendered->format, Format::png);
    EXPECT_EQ(decode(outcome).at(0, 0).alpha, 0);
    transform.formatChoice = FormatChoice::source;
    EXPECT_EQ(decode(renderOf(jpeg(photograph(60, 60, 3)), transform)).at(0, 0).red, 255);
}

TEST_F(Output, AFailedEncodingFreesItsMemory) {
    std::string damaged = png(paint(200, 200, 3, [](int x, int y) {
        return Colour{static_cast<unsigned char>(x * y * 7), static_cast<unsigned char>(x * 31), 0};
    }));
    damaged.replace(damaged.size() / 2, 64, 64, 'x');
    for (const Format format :
         {Format::jpeg, Format::png, Format::webp, Format::avif, Format::gif, Format::jxl}) {
        const int before = objectsAlive();
        const RenderOutcome outcome = renderOf(damaged, as(format));
        EXPECT_EQ(outcome.problem, RenderProblem::damaged) << int(format);
        EXPECT_FALSE(outcome.rendered) << int(format);
        EXPECT_TRUE(objectsFallTo(before)) << int(format);
    }
}

// Stops the encoding at every stage.
TEST_F(Output, AStoppedEncodingOfAnAnimationFreesItsMemory) {
    std::vector<Painter> frames;
    for (int i = 0; i < 12; ++i) {
        frames.emplace_back([i](int x, int y) {
            return Colour{static_cast<unsigned char>(x * y * i), static_cast<unsigned char>(x * 31),
                          static_cast<unsigned char>(i * 20)};
        });
    }
    const std::string source = gif(animation(150, 150, frames, std::vector<int>(12, 50), 0));
    const Transform transform = as(Format::webp);
    const RenderSettings location = settings();
    RenderInput input;
    input.source = view(source);
    input.transform = &transform;
    input.settings = &location;
    bool isWhole = false;
    for (std::chrono::microseconds longest{2000}; !isWhole; longest += longest / 10) {
        const int before = objectsAlive();
        input.deadline = std::chrono::steady_clock::now() + longest;
        isWhole = render(input).rendered.has_value();
        EXPECT_TRUE(objectsFallTo(before)) << longest.count();
    }
}

}  // namespace
}  // namespace private_image
