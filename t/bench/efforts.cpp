// What each effort of each encoder costs on one picture, and what it gives: one line per setting,
// tab-separated. Knows the picture and the module's own encoders; which pictures, and what follows
// from the figures, is for efforts.py.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "measuring.hpp"
#include "render/steps/encode.hpp"
#include "render/vips_runtime.hpp"
#include "transform/names.hpp"

using namespace private_image;

namespace {

constexpr int runs = 3;           // the median of which counts
constexpr double patience = 0.7;  // seconds; an effort beyond one that took longer is left out
constexpr int qualityStep = 8;    // how far the quality goes to learn what bytes it costs
constexpr std::array<SourceType, 6> readTypes{SourceType::jpeg, SourceType::png,  SourceType::webp,
                                              SourceType::gif,  SourceType::avif, SourceType::jxl};

struct Setting {
    std::string group;  // of settings that compete
    std::string name;   // as the table has it
    Format format = Format::jpeg;
    EncodeOptions options;
    bool mayTakeLonger = false;  // than the one before it: efforts of one format, ascending
};

struct Figures {
    double seconds = 0;
    std::size_t bytes = 0;
    double psnr = 0;        // dB; infinite where nothing is lost
    double similarity = 0;  // SSIM of the brightness, up to 1
};

// Pixels

// All frames, where the format has them, one below the other.
Image loaded(const EncodedBytes& bytes, bool hasFrames) {
    VipsImage* image = vips_image_new_from_buffer(bytes.data.get(), bytes.size,
                                                  hasFrames ? "[n=-1]" : "", nullptr);
    return orGiveUp(Image(image), "reading what was written");
}

// Scaled to a width in pixels, without a profile; an animation as it is.
Image picture(const std::string& name, int width) {
    std::vector<unsigned char> bytes = fileBytes(name);
    VipsImage* image = nullptr;
    if (width == 0) {
        image = vips_image_new_from_buffer(bytes.data(), bytes.size(), "[n=-1]", nullptr);
    } else if (vips_thumbnail_buffer(bytes.data(), bytes.size(), &image, width, "height",
                                     VIPS_MAX_COORD, "export_profile", "srgb", nullptr) != 0) {
        image = nullptr;
    }
    return inMemory(orGiveUp(Image(image), "the picture"));
}

Image blurred(const Image& image) {
    return apply(vips_gaussblur, image, 1.5, "precision", VIPS_PRECISION_FLOAT);
}

Image linear(const Image& image, double factor, double offset) {
    return apply(vips_linear1, image, factor, offset);
}

// Wang, Bovik, Sheikh and Simoncelli 2004: a Gaussian window of 1.5 pixels, K1 0.01, K2 0.03.
double similarity(const Image& first, const Image& second) {
    constexpr double c1 = 0.01 * 255 * 0.01 * 255;
    constexpr double c2 = 0.03 * 255 * 0.03 * 255;
    const auto brightness = [](const Image& image) {
        return inMemory(apply(vips_cast, apply(vips_colourspace, image, VIPS_INTERPRETATION_B_W),
                              VIPS_FORMAT_FLOAT));
    };
    const Image x = brightness(first);
    const Image y = brightness(second);
    const Image meanX = inMemory(blurred(x));
    const Image meanY = inMemory(blurred(y));
    const Image meansXX = two(vips_multiply, meanX, meanX);
    const Image meansYY = two(vips_multiply, meanY, meanY);
    const Image meansXY = two(vips_multiply, meanX, meanY);
    const Image means = two(vips_add, meansXX, meansYY);
    const Image squares = two(vips_add, two(vips_multiply, x, x), two(vips_multiply, y, y));
    const Image variances = two(vips_subtract, blurred(squares), means);
    const Image covariance = two(vips_subtract, blurred(two(vips_multiply, x, y)), meansXY);
    const Image above = two(vips_multiply, linear(meansXY, 2, c1), linear(covariance, 2, c2));
    const Image below = two(vips_multiply, linear(means, 1, c1), linear(variances, 1, c2));
    return average(two(vips_divide, above, below));
}

// Settings

EncodeOptions asConfigured(Format format, int effort) {
    EncoderSettings settings = defaultEncoders[static_cast<std::size_t>(format)];
    settings.effort = static_cast<std::uint8_t>(effort);
    return encodeOptions(format, settings, {}, {});
}

struct Range {
    Format format;
    int least;
    int most;
};
constexpr std::array<Range, 5> ranges{{{Format::png, 0, 9},
                                       {Format::webp, 0, 6},
                                       {Format::avif, 0, 9},
                                       {Format::gif, 1, 10},
                                       {Format::jxl, 3, 9}}};

void addJpeg(std::vector<Setting>& settings) {
    EncodeOptions options = asConfigured(Format::jpeg, 0);
    options.isFast = true;
    settings.push_back({"jpeg", "`compression=fast`", Format::jpeg, options});
    options.isFast = false;
    settings.push_back({"jpeg", "baseline", Format::jpeg, options});
    options.isProgressive = true;
    settings.push_back({"jpeg", "progressive", Format::jpeg, options});
}

void addEfforts(std::vector<Setting>& settings, const Range& range, bool lossless) {
    for (int effort = range.least; effort <= range.most; ++effort) {
        EncodeOptions options = asConfigured(range.format, effort);
        options.lossless = lossless;
        settings.push_back({std::string(formatName(range.format)) + (lossless ? " lossless" : ""),
                            std::to_string(effort), range.format, options, effort > range.least});
    }
}

std::vector<Setting> settingsFor(std::string_view kind) {
    std::vector<Setting> settings;
    if (kind == "photograph") {
        addJpeg(settings);
    }
    for (const Range& range : ranges) {
        const bool moves = range.format == Format::webp || range.format == Format::gif;
        if (!canWrite(range.format) || (kind == "animation" && !moves) ||
            (kind == "photograph" && range.format == Format::gif)) {
            continue;
        }
        addEfforts(settings, range, false);
        if (kind == "graphic" && range.format == Format::webp) {
            addEfforts(settings, range, true);
        }
    }
    return settings;
}

// Measuring

EncodedBytes written(const Image& image, const Setting& setting) {
    auto bytes = encode(image, setting.format, setting.options);
    if (!bytes) {
        giveUp("encoding");
    }
    return std::move(*bytes);
}

Figures measure(const Image& original, const Setting& setting, bool hasFrames) {
    Figures figures;
    std::vector<double> taken;
    EncodedBytes bytes;
    for (int run = 0; run < runs; ++run) {
        const double before = cpuSeconds();
        bytes = written(original, setting);
        taken.push_back(cpuSeconds() - before);
    }
    figures.seconds = median(taken);
    figures.bytes = bytes.size;
    const Image result = loaded(bytes, hasFrames);
    const Image before = seen(original);
    const Image after = inMemory(seen(result));
    figures.psnr = psnr(before, after);
    figures.similarity = similarity(before, after);
    return figures;
}

void print(std::string_view kind, int width, const Image& original, const Setting& setting,
           std::string_view quality, const Figures& figures) {
    std::printf("%s\t%d\t%.6f\t%s\t%s\t%s\t%.6f\t%zu\t%.4f\t%.6f\n", std::string(kind).c_str(),
                width, double(original.width()) * original.height() / 1e6, setting.group.c_str(),
                setting.name.c_str(), std::string(quality).c_str(), figures.seconds, figures.bytes,
                figures.psnr, figures.similarity);
    std::fflush(stdout);
}

bool isDefault(const Setting& setting) {
    return setting.options.settings.effort ==
           defaultEncoders[static_cast<std::size_t>(setting.format)].effort;
}

bool hasQuality(const Setting& setting) {
    return setting.format != Format::png && setting.format != Format::gif &&
           !setting.options.lossless;
}

void measureAll(std::string_view kind, int width, const Image& original) {
    const bool isAnimation = kind == "animation";
    double last = 0;
    for (Setting& setting : settingsFor(kind)) {
        if (setting.mayTakeLonger && last > patience) {
            continue;
        }
        const Figures figures = measure(original, setting, isAnimation);
        last = figures.seconds;
        print(kind, width, original, setting, "", figures);
        // What a little more quality costs, so that efforts can be compared at the same one.
        if (isDefault(setting) && hasQuality(setting)) {
            setting.options.settings.quality += qualityStep;
            print(kind, width, original, setting, "+", measure(original, setting, isAnimation));
        }
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fprintf(stderr, "usage: efforts photograph|graphic|animation FILE WIDTH\n");
        return 2;
    }
    std::string problem;
    if (!startVips(
            readTypes, [](std::string_view) {}, problem)) {
        giveUp(problem);
    }
    const std::string kind = words[1];
    const int width = kind == "animation" ? 0 : std::atoi(words[3]);
    measureAll(kind, width, picture(words[2], width));
    return 0;
}
