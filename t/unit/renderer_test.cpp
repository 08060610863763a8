// Source types and result formats, limits, damaged sources, and stopping a render.
#include <atomic>
#include <chrono>
#include <thread>

#include "binary_files.hpp"
#include "pictures.hpp"
#include "render/heif/container_check.hpp"

#if defined(__SANITIZE_ADDRESS__)
// Samples of HEIC are made with an encoder that keeps some memory; the module never encodes HEIC.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libx265";
}
#endif

namespace private_image {
namespace {

using namespace binary_files;
using namespace pictures;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Renderer : public pictures::Test {};

struct Sample {
    const char* name;
    SourceType type;
    std::string bytes;
};

std::string jxl(const Image& image) {
    return save(vips_jxlsave_buffer, image, "lossless", TRUE);
}

std::string svg() {
    return "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='32'>"
           "<rect width='32' height='16' fill='#f00'/><rect x='32' width='32' height='16' "
           "fill='#0f0'/><rect y='16' width='32' height='16' fill='#00f'/>"
           "<rect x='32' y='16' width='32' height='16' fill='#ff0'/></svg>";
}

std::vector<Sample> everySample() {
    const Image image = paint(64, 32, 3, quadrants(64, 32));
    return {{"jpeg", SourceType::jpeg, jpeg(image)}, {"png", SourceType::png, png(image)},
            {"webp", SourceType::webp, webp(image)}, {"gif", SourceType::gif, gif(image)},
            {"avif", SourceType::avif, avif(image)}, {"heic", SourceType::heic, heic(image)},
            {"tiff", SourceType::tiff, tiff(image)}, {"svg", SourceType::svg, svg()},
            {"jxl", SourceType::jxl, jxl(image)}};
}

constexpr Format everyFormat[] = {Format::jpeg, Format::png, Format::webp,
                                  Format::avif, Format::gif, Format::jxl};

TEST_F(Renderer, EveryTypeBecomesEveryFormat) {
    for (const Sample& sample : everySample()) {
        for (Format format : everyFormat) {
            SCOPED_TRACE(std::string(sample.name) + " to " + std::to_string(int(format)));
            const RenderOutcome outcome =
                renderOf(sample.bytes, as(format, {boxed(32, 32, Fit::inside)}));
            ASSERT_TRUE(outcome.rendered) << outcome.detail;
            EXPECT_EQ(outcome.sourceType, sample.type);
            EXPECT_EQ(outcome.sourceSize, (Size{64, 32}));
            EXPECT_EQ(outcome.rendered->format, format);
            EXPECT_EQ(outcome.rendered->size, (Size{32, 16}));
            const Decoded result = decode(outcome);
            ASSERT_EQ(result.size, (Size{32, 16}));
            // Small, saturated and sharp images are the worst case for lossy formats.
            expectNear(result.at(6, 4), red, 60);
            expectNear(result.at(25, 4), green, 60);
            expectNear(result.at(6, 11), blue, 60);
            expectNear(result.at(25, 11), yellow, 60);
        }
    }
}

TEST_F(Renderer, OnePixelBecomesEveryFormat) {
    const std::string pixel = png(paint(1, 1, 3, plain(red)));
    for (Format format : everyFormat) {
        EXPECT_EQ(decode(renderOf(pixel, as(format))).size, (Size{1, 1})) << int(format);
    }
}

TEST_F(Renderer, SvgIsDrawnAtTheRequestedSize) {
    const Decoded result = decode(renderOf(svg(), toPng({boxed(640, 0, Fit::inside)})));
    ASSERT_EQ(result.size, (Size{640, 320}));
    // An enlarged bitmap would be soft here.
    EXPECT_EQ(result.at(318, 10), red);
    EXPECT_EQ(result.at(321, 10), green);
}

TEST_F(Renderer, TheFormatOfTheSourceIsTheDefault) {
    Transform transform;
    for (const Sample& sample : everySample()) {
        const RenderOutcome outcome = renderOf(sample.bytes, transform);
        ASSERT_TRUE(outcome.rendered) << sample.name << outcome.detail;
        const bool isFamily = typeOf(outcome.rendered->format) == sample.type;
        const bool becomesJpeg = sample.type == SourceType::heic ||
                                 sample.type == SourceType::tiff || sample.type == SourceType::jxl;
        const bool becomesPng = sample.type == SourceType::svg;
        EXPECT_TRUE(isFamily || (becomesJpeg && outcome.rendered->format == Format::jpeg) ||
                    (becomesPng && outcome.rendered->format == Format::png))
            << sample.name;
    }
}

Format formatOf(const Transform& transform, const RenderSettings& settings,
                std::vector<Format> negotiated) {
    const std::string source = png(paint(4, 4, 3, plain(red)));
    RenderInput input;
    input.source = view(source);
    input.transform = &transform;
    input.settings = &settings;
    input.negotiated = std::move(negotiated);
    const RenderOutcome outcome = render(input);
    EXPECT_TRUE(outcome.rendered) << outcome.detail;
    return outcome.rendered ? outcome.rendered->format : Format::jpeg;
}

TEST_F(Renderer, TheFormatFollowsRequestThenLocationThenSource) {
    RenderSettings location = settings();
    Transform transform;
    EXPECT_EQ(formatOf(transform, location, {}), Format::png);
    EXPECT_EQ(formatOf(transform, location, {Format::webp}), Format::webp);
    location.format = Format::gif;
    EXPECT_EQ(formatOf(transform, location, {}), Format::gif);
    transform.formatChoice = FormatChoice::automatic;
    EXPECT_EQ(formatOf(transform, location, {Format::avif}), Format::avif);
    EXPECT_EQ(formatOf(transform, location, {}), Format::png);
    transform.formatChoice = FormatChoice::source;
    EXPECT_EQ(formatOf(transform, location, {Format::avif}), Format::png);
    transform.formatChoice = FormatChoice::named;
    transform.format = Format::jpeg;
    EXPECT_EQ(formatOf(transform, location, {Format::avif}), Format::jpeg);
}

TEST_F(Renderer, TheQualityOfTheRequestOverridesThatOfTheLocation) {
    const std::string source = png(paint(128, 128, 3, [](int x, int y) {
        return Colour{std::uint8_t(x * y), std::uint8_t(x * 7), std::uint8_t(y * 5)};
    }));
    Transform transform = as(Format::jpeg);
    const std::size_t usual = renderOf(source, transform).rendered->bytes.size;
    transform.encoding.quality = 10;
    const std::size_t low = renderOf(source, transform).rendered->bytes.size;
    RenderSettings location = settings();
    location.encoders[0].quality = 10;
    transform.encoding.quality.reset();
    EXPECT_LT(low, usual);
    EXPECT_EQ(renderOf(source, transform, location).rendered->bytes.size, low);
}

// Types.

TEST_F(Renderer, ATypeThatIsNotAllowedIsRefused) {
    RenderSettings location = settings();
    location.sourceTypes = {SourceType::jpeg};
    for (const Sample& sample : everySample()) {
        const RenderOutcome outcome = renderOf(sample.bytes, toPng({}), location);
        if (sample.type == SourceType::jpeg) {
            EXPECT_TRUE(outcome.rendered);
        } else {
            EXPECT_EQ(outcome.problem, RenderProblem::unsupportedType) << sample.name;
        }
    }
}

TEST_F(Renderer, OtherFilesAreUnsupportedAndEmptyOnesDamaged) {
    EXPECT_EQ(renderOf("<html>", toPng({})).problem, RenderProblem::unsupportedType);
    EXPECT_EQ(renderOf("P6 1 1 255 abc", toPng({})).problem, RenderProblem::unsupportedType);
    EXPECT_EQ(renderOf("", toPng({})).problem, RenderProblem::damaged);
}

TEST_F(Renderer, ABrandWithAnotherCodecIsRefused) {
    std::string bytes = heic(paint(32, 32, 3, plain(red)));
    for (const char* brand : {"heic", "heix"}) {  // newer encoders write the second one
        for (std::size_t at = bytes.find(brand); at != bytes.npos; at = bytes.find(brand, at)) {
            bytes.replace(at, 4, "avif");
        }
    }
    RenderSettings location = settings();
    location.sourceTypes = {SourceType::avif};
    EXPECT_EQ(renderOf(bytes, toPng({}), location).problem, RenderProblem::unsupportedType);
    location.sourceTypes = {SourceType::heic};
    bytes = avif(paint(32, 32, 3, plain(red)));
    for (std::size_t at = bytes.find("avif"); at != bytes.npos; at = bytes.find("avif", at)) {
        bytes.replace(at, 4, "heic");
    }
    EXPECT_EQ(renderOf(bytes, toPng({}), location).problem, RenderProblem::unsupportedType);
}

// Limits.

// libheif since 1.19 lets x265 code at least 64x64 pixels, and all of them are decoded.
std::uint64_t countedPixels(const Sample& sample) {
    const bool isHeic = sample.type == SourceType::heic;
    return isHeic ? checkHeif({reinterpret_cast<const unsigned char*>(sample.bytes.data()),
                               sample.bytes.size()})
                        .pixels
                  : 64 * 32;
}

void expectTooLarge(const RenderOutcome& outcome, const std::string& directive) {
    EXPECT_FALSE(outcome.rendered);
    EXPECT_EQ(outcome.problem, RenderProblem::tooLarge);
    EXPECT_NE(outcome.detail.find(directive), std::string::npos) << outcome.detail;
}

TEST_F(Renderer, SourcePixelsAreLimited) {
    RenderSettings location = settings();
    for (const Sample& sample : everySample()) {
        const std::uint64_t pixels = countedPixels(sample);
        location.limits.sourcePixels = pixels;
        EXPECT_TRUE(renderOf(sample.bytes, toPng({}), location).rendered) << sample.name;
        location.limits.sourcePixels = pixels - 1;
        const RenderOutcome outcome = renderOf(sample.bytes, toPng({}), location);
        expectTooLarge(outcome, "private_image_max_source_pixels " + std::to_string(pixels - 1));
        EXPECT_NE(outcome.detail.find(std::to_string(pixels)), std::string::npos) << outcome.detail;
        EXPECT_EQ(outcome.sourceSize, (Size{64, 32}));
    }
}

TEST_F(Renderer, FramesCountTowardsSourcePixelsAfterDropping) {
    const std::string source =
        gif(animation(10, 10, {plain(red), plain(green), plain(blue)}, {50, 50, 50}, 0));
    RenderSettings location = settings();
    location.limits.sourcePixels = 299;
    expectTooLarge(renderOf(source, as(Format::gif), location), "private_image_max_source_pixels");
    location.limits.frames = 2;
    EXPECT_TRUE(renderOf(source, as(Format::gif), location).rendered);
}

TEST_F(Renderer, ProgressiveSourcesHaveALimitOfTheirOwn) {
    const Image image = paint(64, 32, 3, quadrants(64, 32));
    RenderSettings location = settings();
    location.limits.progressivePixels = 100;
    expectTooLarge(
        renderOf(save(vips_jpegsave_buffer, image, "interlace", TRUE), toPng({}), location),
        "private_image_max_progressive_pixels");
    expectTooLarge(
        renderOf(save(vips_pngsave_buffer, image, "interlace", TRUE), toPng({}), location),
        "private_image_max_progressive_pixels");
    EXPECT_TRUE(renderOf(jpeg(image), toPng({}), location).rendered);
    EXPECT_TRUE(renderOf(png(image), toPng({}), location).rendered);
}

TEST_F(Renderer, APixelBombIsRefusedFromItsHeader) {
    const std::string header =
        bigEndian(50'000) + bigEndian(50'000) + std::string("\x08\x02\0\0\0", 5);
    const std::string bomb = std::string("\x89PNG\r\n\x1A\n") + pngChunk("IHDR", header) +
                             pngChunk("IDAT", std::string("\x78\x9C", 2));
    const auto start = steady_clock::now();
    expectTooLarge(renderOf(bomb, toPng({boxed(10, 10, Fit::inside)})),
                   "private_image_max_source_pixels");
    EXPECT_LT(steady_clock::now() - start, milliseconds(500));
}

TEST_F(Renderer, LayersCountTowardsTheSamePixels) {
    const std::string source = png(paint(20, 20, 3, plain(red)));
    Step step;
    step.layers = {Layer{}, Layer{}};
    RenderSettings location = settings();
    location.limits.sourcePixels = 1200;
    EXPECT_TRUE(renderOf(source, toPng({step}), location, {source, source}).rendered);
    location.limits.sourcePixels = 1199;
    expectTooLarge(renderOf(source, toPng({step}), location, {source, source}),
                   "private_image_max_source_pixels");
}

TEST_F(Renderer, LayersAreJudgedLikeSources) {
    const std::string source = png(paint(20, 20, 3, plain(red)));
    Step step;
    step.layers = {Layer{}};
    const RenderSettings location = settings();
    EXPECT_EQ(renderOf(source, toPng({step}), location, {"nothing"}).problem,
              RenderProblem::unsupportedType);
    EXPECT_EQ(renderOf(source, toPng({step}), location, {source.substr(0, 60)}).problem,
              RenderProblem::damaged);
    EXPECT_EQ(renderOf(source, toPng({step}), location, {}).problem, RenderProblem::internal);
}

TEST_F(Renderer, OutputPixelsAreLimited) {
    const std::string source = png(paint(20, 20, 3, plain(red)));
    RenderSettings location = settings();
    location.limits.outputPixels = 10'000;
    EXPECT_TRUE(renderOf(source, toPng({boxed(100, 100, Fit::stretch)}), location).rendered);
    for (const Step& step : {boxed(101, 100, Fit::stretch), boxed(10, 2000, Fit::cover)}) {
        const RenderOutcome outcome = renderOf(source, toPng({step}), location);
        EXPECT_EQ(outcome.problem, RenderProblem::outputTooLarge);
        EXPECT_NE(outcome.detail.find("private_image_max_output_pixels"), std::string::npos);
    }
    const RenderOutcome later = renderOf(
        source, toPng({boxed(10, 10, Fit::stretch), boxed(200, 200, Fit::stretch)}), location);
    EXPECT_EQ(later.problem, RenderProblem::outputTooLarge);
}

TEST_F(Renderer, AResultThatAnEncoderCannotWriteIsTooLarge) {
    const std::string source = png(paint(20, 1, 3, plain(red)));
    const auto problemAt = [&](Format format, double width) {
        return renderOf(source, as(format, {boxed(width, 1, Fit::stretch)}));
    };
    EXPECT_TRUE(problemAt(Format::webp, 16383).rendered);
    EXPECT_EQ(problemAt(Format::webp, 16384).problem, RenderProblem::outputTooLarge);
    EXPECT_TRUE(problemAt(Format::jpeg, 65500).rendered);
    EXPECT_EQ(problemAt(Format::jpeg, 65501).problem, RenderProblem::outputTooLarge);
    EXPECT_EQ(problemAt(Format::avif, 16385).problem, RenderProblem::outputTooLarge);
}

TEST_F(Renderer, ACutBeyondTheEdgeIsABadOption) {
    Step step = boxed(10, 10, Fit::extract);
    step.x = number(15);
    const RenderOutcome outcome = renderOf(png(paint(20, 20, 3, plain(red))), toPng({step}));
    EXPECT_EQ(outcome.problem, RenderProblem::badOptions);
    EXPECT_NE(outcome.detail.find("20x20"), std::string::npos);
}

// Damage.

TEST_F(Renderer, EveryTruncatedFileIsDamagedOrComplete) {
    const Transform transform = toPng({boxed(16, 16, Fit::inside)});
    for (const Sample& sample : everySample()) {
        std::size_t whole = 0;
        for (std::size_t length = 1; length < sample.bytes.size(); ++length) {
            const RenderOutcome outcome = renderOf(sample.bytes.substr(0, length), transform);
            if (outcome.rendered) {
                ++whole;
                continue;
            }
            ASSERT_TRUE(outcome.problem == RenderProblem::damaged ||
                        outcome.problem == RenderProblem::unsupportedType)
                << sample.name << " at " << length << ": " << int(outcome.problem)
                << outcome.detail;
        }
        // Ends of files, such as end markers and padding, may be missing.
        EXPECT_LT(whole, 24u) << sample.name << " of " << sample.bytes.size();
    }
}

TEST_F(Renderer, HalfAPhotographIsDamaged) {
    const Image image = paint(600, 400, 3, [](int x, int y) {
        return Colour{std::uint8_t(x * y / 3), std::uint8_t(x * 3 + y), std::uint8_t(y * 5)};
    });
    for (const std::string& bytes :
         {jpeg(image), save(vips_jpegsave_buffer, image, "interlace", TRUE), png(image),
          webp(image), gif(image), tiff(image), avif(image), heic(image), jxl(image)}) {
        for (double share : {0.3, 0.6, 0.95}) {
            const auto length = std::size_t(double(bytes.size()) * share);
            const RenderOutcome outcome =
                renderOf(bytes.substr(0, length), as(Format::jpeg, {boxed(60, 0, Fit::inside)}));
            EXPECT_EQ(outcome.problem, RenderProblem::damaged) << share << outcome.detail;
            EXPECT_FALSE(outcome.rendered);
        }
    }
}

TEST_F(Renderer, FlippedBytesNeverCrash) {
    std::uint32_t random = 12345;
    const auto next = [&random] { return random = random * 1664525 + 1013904223, random >> 8; };
    for (const Sample& sample : everySample()) {
        for (int round = 0; round < 60; ++round) {
            std::string bytes = sample.bytes;
            for (int flips = 0; flips < 3; ++flips) {
                bytes[next() % bytes.size()] = static_cast<char>(next());
            }
            const RenderOutcome outcome =
                renderOf(bytes, as(Format::jpeg, {boxed(20, 20, Fit::cover)}));
            EXPECT_TRUE(outcome.rendered || outcome.problem != RenderProblem::internal)
                << sample.name << ": " << outcome.detail;
        }
    }
}

TEST_F(Renderer, DetailsArePrintableAndShort) {
    const RenderOutcome outcome =
        renderOf(jpeg(paint(64, 64, 3, quadrants(64, 64))).substr(0, 400), toPng({}));
    ASSERT_EQ(outcome.problem, RenderProblem::damaged);
    EXPECT_FALSE(outcome.detail.empty());
    EXPECT_LT(outcome.detail.size(), 260u);
    for (char c : outcome.detail) {
        EXPECT_TRUE(c >= ' ' && c <= '~');
    }
}

// Stopping a render.

// Renders for seconds: an enlarged noisy image with a blur.
std::string slowSource() {
    return png(paint(500, 500, 4, [](int x, int y) {
        return Colour{std::uint8_t(x * y), std::uint8_t(x), std::uint8_t(y), std::uint8_t(x ^ y)};
    }));
}

RenderOutcome renderSlowly(steady_clock::time_point deadline, const std::atomic<bool>* cancelled,
                           Format format) {
    const std::string source = slowSource();
    Step step = boxed(6500, 6500, Fit::stretch);
    step.effects = {Blur{16}};
    const Transform transform = as(format, {step});
    const RenderSettings location = settings();
    RenderInput input;
    input.source = view(source);
    input.transform = &transform;
    input.settings = &location;
    input.deadline = deadline;
    input.cancelled = cancelled;
    return render(input);
}

TEST_F(Renderer, ADeadlineStopsARunningRender) {
    const auto start = steady_clock::now();
    const RenderOutcome outcome = renderSlowly(start + milliseconds(300), nullptr, Format::jpeg);
    EXPECT_EQ(outcome.problem, RenderProblem::timeout) << outcome.detail;
    EXPECT_FALSE(outcome.rendered);
    EXPECT_LT(steady_clock::now() - start, milliseconds(2000));
}

TEST_F(Renderer, NothingIsRenderedAfterTheDeadline) {
    const RenderOutcome outcome = renderSlowly(steady_clock::now(), nullptr, Format::jpeg);
    EXPECT_EQ(outcome.problem, RenderProblem::timeout);
}

TEST_F(Renderer, CancellingStopsARunningRender) {
    std::atomic<bool> cancelled{false};
    std::thread client([&] {
        std::this_thread::sleep_for(milliseconds(300));
        cancelled = true;
    });
    const auto start = steady_clock::now();
    const RenderOutcome outcome =
        renderSlowly(steady_clock::time_point::max(), &cancelled, Format::png);
    client.join();
    EXPECT_EQ(outcome.problem, RenderProblem::cancelled) << outcome.detail;
    EXPECT_LT(steady_clock::now() - start, milliseconds(2000));
}

TEST_F(Renderer, AStoppedRenderDoesNotDisturbTheNext) {
    renderSlowly(steady_clock::now() + milliseconds(50), nullptr, Format::jpeg);
    EXPECT_TRUE(renderOf(png(paint(20, 20, 3, plain(red))), toPng({})).rendered);
}

TEST_F(Renderer, ThreadsRenderInParallel) {
    const std::vector<Sample> samples = everySample();
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 20; ++round) {
                const bool damages = (round + i) % 2 == 0;
                const std::string& bytes = samples[std::size_t(round) % 3].bytes;
                const RenderOutcome outcome =
                    renderOf(damages ? bytes.substr(0, bytes.size() / 2) : bytes,
                             toPng({boxed(16, 16, Fit::cover)}));
                right += damages ? outcome.problem == RenderProblem::damaged
                                 : outcome.rendered.has_value();
                endVipsJob();
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(right, 80);
}

}  // namespace
}  // namespace private_image
