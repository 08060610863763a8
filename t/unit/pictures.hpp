// Small pictures made on the spot, renders of them, and their decoded pixels.
#pragma once

#include <gtest/gtest.h>
#include <vips/vips.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "render/renderer.hpp"
#include "render/steps/load.hpp"
#include "render/vips_runtime.hpp"

namespace private_image {

inline void PrintTo(const Colour& colour, std::ostream* out) {
    *out << int(colour.red) << "," << int(colour.green) << "," << int(colour.blue) << ","
         << int(colour.alpha);
}
inline void PrintTo(const Size& size, std::ostream* out) {
    *out << size.width << "x" << size.height;
}

namespace pictures {

inline constexpr Colour red{255, 0, 0}, green{0, 255, 0}, blue{0, 0, 255}, yellow{255, 255, 0},
    white{255, 255, 255}, black{0, 0, 0}, grey{128, 128, 128}, clear{0, 0, 0, 0};

inline constexpr SourceType everyType[] = {SourceType::jpeg, SourceType::png,  SourceType::webp,
                                           SourceType::gif,  SourceType::avif, SourceType::heic,
                                           SourceType::tiff, SourceType::svg,  SourceType::jxl};

// libvips with every type allowed, as tests need it; quiet about what tests break on purpose.
inline void startLibrary() {
    std::string problem;
    ASSERT_TRUE(startVips(
        everyType, [](std::string_view) {}, problem))
        << problem;
}

class Test : public ::testing::Test {
protected:
    static void SetUpTestSuite() { startLibrary(); }
    void TearDown() override { endVipsJob(); }
};

using Painter = std::function<Colour(int x, int y)>;

// Red, green / blue, yellow.
inline Painter quadrants(int width, int height) {
    return [=](int x, int y) {
        return y < height / 2 ? (x < width / 2 ? red : green) : (x < width / 2 ? blue : yellow);
    };
}

inline Painter plain(Colour colour) {
    return [=](int, int) { return colour; };
}

// 1 and 2 bands are grey (red counts), 3 and 4 are RGB.
inline Image paint(int width, int height, int bands, const Painter& painter) {
    std::vector<unsigned char> pixels;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const Colour colour = painter(x, y);
            pixels.push_back(colour.red);
            if (bands >= 3) {
                pixels.push_back(colour.green);
                pixels.push_back(colour.blue);
            }
            if (bands % 2 == 0) {
                pixels.push_back(colour.alpha);
            }
        }
    }
    const Image image(vips_image_new_from_memory_copy(pixels.data(), pixels.size(), width, height,
                                                      bands, VIPS_FORMAT_UCHAR));
    return apply(vips_copy, image, "interpretation",
                 bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB);
}

template <typename Saver, typename... Options>
std::string save(Saver saver, const Image& image, Options... options) {
    void* data = nullptr;
    std::size_t size = 0;
    if (saver(image.get(), &data, &size, options..., static_cast<void*>(nullptr)) != 0) {
        ADD_FAILURE() << vips_error_buffer();
        vips_error_clear();
        return {};
    }
    std::string bytes(static_cast<char*>(data), size);
    g_free(data);
    return bytes;
}

inline std::string png(const Image& image) {
    return save(vips_pngsave_buffer, image);
}
inline std::string jpeg(const Image& image, int quality = 95) {
    return save(vips_jpegsave_buffer, image, "Q", quality, "subsample_mode",
                VIPS_FOREIGN_SUBSAMPLE_OFF);
}
inline std::string webp(const Image& image) {
    return save(vips_webpsave_buffer, image, "lossless", TRUE);
}
inline std::string gif(const Image& image) {
    return save(vips_gifsave_buffer, image);
}
inline std::string tiff(const Image& image) {
    return save(vips_tiffsave_buffer, image);
}
inline std::string avif(const Image& image) {
    return save(vips_heifsave_buffer, image, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "Q",
                90, "effort", 0);
}
inline std::string heic(const Image& image) {
    return save(vips_heifsave_buffer, image, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "Q",
                90);
}

// A strip of `count` frames, one painter each, as libvips holds an animation.
inline Image animation(int width, int height, const std::vector<Painter>& frames,
                       std::vector<int> delays, int loop, int bands = 3) {
    Image strip = paint(width, height * int(frames.size()), bands,
                        [&](int x, int y) { return frames[y / height](x, y % height); });
    vips_image_set_int(strip.get(), VIPS_META_PAGE_HEIGHT, height);
    vips_image_set_array_int(strip.get(), "delay", delays.data(), int(delays.size()));
    vips_image_set_int(strip.get(), "loop", loop);
    return strip;
}

inline std::span<const unsigned char> view(const std::string& bytes) {
    return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
}

// What a decoder makes of encoded bytes.
struct Decoded {
    Image image;
    int bands = 0;
    Size size;

    Colour at(int x, int y) const {
        const VipsPel* pixel = VIPS_IMAGE_ADDR(image.get(), x, y);
        switch (bands) {
            case 1:
                return {pixel[0], pixel[0], pixel[0]};
            case 2:
                return {pixel[0], pixel[0], pixel[0], pixel[1]};
            case 3:
                return {pixel[0], pixel[1], pixel[2]};
            default:
                return {pixel[0], pixel[1], pixel[2], pixel[3]};
        }
    }
    bool has(const char* field) const { return vips_image_get_typeof(image.get(), field) != 0; }
};

inline Decoded decode(std::span<const unsigned char> bytes, SourceType type,
                      std::uint32_t frames = 1) {
    LoadOptions options;
    options.frames = frames;
    const Image opened = openSource(type, bytes, options);
    Decoded decoded;
    decoded.image = opened ? Image(vips_image_copy_memory(opened.get())) : opened;
    if (!decoded.image) {
        ADD_FAILURE() << vips_error_buffer();
        vips_error_clear();
        return decoded;
    }
    decoded.bands = decoded.image.bands();
    decoded.size = decoded.image.size();
    return decoded;
}

inline SourceType typeOf(Format format) {
    switch (format) {
        case Format::jpeg:
            return SourceType::jpeg;
        case Format::png:
            return SourceType::png;
        case Format::webp:
            return SourceType::webp;
        case Format::avif:
            return SourceType::avif;
        case Format::gif:
            return SourceType::gif;
        case Format::jxl:
            return SourceType::jxl;
        case Format::json:
            break;
    }
    return SourceType::png;
}

inline Decoded decode(const RenderOutcome& outcome) {
    if (!outcome.rendered) {
        ADD_FAILURE() << "problem " << int(outcome.problem) << ": " << outcome.detail;
        return {};
    }
    const Rendered& rendered = *outcome.rendered;
    return decode({rendered.bytes.data.get(), rendered.bytes.size}, typeOf(rendered.format),
                  rendered.frames);
}

// The defaults of a location that allows every type.
inline RenderSettings settings() {
    RenderSettings settings;
    settings.sourceTypes.assign(std::begin(everyType), std::end(everyType));
    return settings;
}

inline RenderOutcome renderOf(const std::string& bytes, const Transform& transform,
                              const RenderSettings& settings = pictures::settings(),
                              const std::vector<std::string>& layers = {}) {
    RenderInput input;
    input.source = view(bytes);
    for (const std::string& layer : layers) {
        input.layers.push_back(view(layer));
    }
    input.transform = &transform;
    input.settings = &settings;
    return render(input);
}

inline Length pixels(double value) {
    return {Length::Unit::pixels, value};
}

inline std::optional<Quantity> number(double value) {
    return Quantity{value, {}};
}

inline std::optional<Background> plainBackground(Colour colour) {
    Background background;
    background.colour = colour;
    return background;
}

inline Step boxed(double width, double height, Fit fit) {
    Step step;
    step.width = width > 0 ? pixels(width) : Length{};
    step.height = height > 0 ? pixels(height) : Length{};
    step.fit = fit;
    return step;
}

// Steps, with the result as PNG, where pixels can be compared exactly.
inline Transform toPng(std::vector<Step> steps) {
    Transform transform;
    transform.steps = std::move(steps);
    transform.formatChoice = FormatChoice::named;
    transform.format = Format::png;
    return transform;
}

inline Transform as(Format format, std::vector<Step> steps = {}) {
    Transform transform = toPng(std::move(steps));
    transform.format = format;
    return transform;
}

inline void expectNear(Colour got, Colour wanted, int tolerance, const std::string& where = {}) {
    const auto differs = [&](int a, int b) { return std::abs(a - b) > tolerance; };
    if (differs(got.red, wanted.red) || differs(got.green, wanted.green) ||
        differs(got.blue, wanted.blue) || differs(got.alpha, wanted.alpha)) {
        ADD_FAILURE() << where << " got " << ::testing::PrintToString(got) << ", wanted "
                      << ::testing::PrintToString(wanted);
    }
}

// 80 x 40, a colour in each quadrant.
inline std::string wideQuadrants() {
    return png(paint(80, 40, 3, quadrants(80, 40)));
}

// Three frames of 40 x 30: red, green, blue; 100, 200 and 300 ms; three loops.
inline Image threeFrames() {
    return animation(40, 30, {plain(red), plain(green), plain(blue)}, {100, 200, 300}, 3);
}

inline std::string movingGif() {
    return gif(threeFrames());
}

inline std::string movingWebp() {
    return webp(threeFrames());
}

inline Watermark watermarkOf(const std::string& bytes) {
    Watermark watermark;
    watermark.name = "logo";
    watermark.bytes = bytes;
    return watermark;
}

}  // namespace pictures
}  // namespace private_image
