// Whether a reduced copy of an original, from which small derivatives are rendered, pays: CPU with
// and without it for usual sets of widths, the copy's bytes, and what it does to the pixels. Prints
// Markdown tables. Knows the module's renderer; no cache and no requests.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measuring.hpp"
#include "reduced_pictures.hpp"
#include "render/renderer.hpp"
#include "render/steps/colour_management.hpp"
#include "render/steps/encode.hpp"
#include "render/steps/load.hpp"
#include "render/steps/resize.hpp"
#include "render/vips_runtime.hpp"

using namespace private_image;

namespace {

constexpr int runs = 3;  // the median of which counts
const std::vector<SourceType> readTypes{SourceType::jpeg, SourceType::png,  SourceType::webp,
                                        SourceType::avif, SourceType::heic, SourceType::tiff};

// In milliseconds of CPU. "dB": the worst width's PSNR, of what comes from the copy against what
// comes from the original, and of both against one filter over all pixels.
constexpr const char* head =
    "| Original | Copy | KB | Making it | 4 widths | With it | | Once it is there | 7 widths | "
    "With it | | Once it is there | dB | dB, copy | dB, original |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

using Widths = std::vector<std::uint32_t>;
const std::array<Widths, 2> sets{{{200, 400, 800, 1200}, {160, 320, 480, 640, 960, 1280, 1920}}};

// Copies

struct Copy {
    std::string name;
    std::string written;  // as libvips names a saver and its options
    SourceType type;
    bool holdsAlpha;
    bool isForEverySide;  // else for the usual one
    bool isUsual;
    bool isCareful;  // its decoder shrinks only to twice the size that is wanted, or more
};

const std::vector<Copy> copies{
    {"JPEG 90", ".jpg[Q=90,subsample_mode=off,strip]", SourceType::jpeg, false, true, false, false},
    {"JPEG 95", ".jpg[Q=95,subsample_mode=off,strip]", SourceType::jpeg, false, true, true, false},
    {"JPEG 95, careful", ".jpg[Q=95,subsample_mode=off,strip]", SourceType::jpeg, false, true, true,
     true},
    {"WebP lossless", ".webp[lossless,effort=0,strip]", SourceType::webp, true, false, true, false},
    {"PNG 1", ".png[compression=1,filter=up,strip]", SourceType::png, true, false, false, false},
    {"uncompressed", ".tif[strip]", SourceType::tiff, true, true, false, false},
};
constexpr std::array<std::uint32_t, 3> sides{1600, 2048, 2560};
constexpr std::uint32_t defaultSide = 2048;

// Whole blocks of JPEG on both axes, so that its decoder shrinks by 8 without rounding; what it
// does to the ratio is undone with the next resize.
Size within(Size size, std::uint32_t side) {
    const double blocks = double(side) / 8 / std::max(size.width, size.height);
    return {8 * std::uint32_t(std::lround(size.width * blocks)),
            8 * std::uint32_t(std::lround(size.height * blocks))};
}

// As a render begins: the decoder shrinks, but to no less than `margin` times the size; the rest is
// resized and converted.
Image reduced(const Bytes& source, SourceType type, Size size, std::uint32_t margin) {
    const Image header = orGiveUp(openSource(type, source), "a source");
    const SourceHeader known = readHeader(header, type, source);
    const Rectangle whole{0, 0, known.stored.width, known.stored.height};
    const Size needed{margin * size.width, margin * size.height};
    const LoadOptions options = shrinkOnLoad(type, known, whole, needed, {});
    const Image image = orGiveUp(openSource(type, source, options), "a source");
    const Area area = loadedPart(whole, known.stored, options, image.size());
    return orGiveUp(toSrgb(resize(toEightBit(image), area, size)), "reducing");
}

// Measuring

struct Cost {
    double seconds = 0;
    std::size_t bytes = 0;
};

// One filter over all pixels: no decoder and no averaging has rounded anything before.
Image reducedAtOnce(const Image& full, Size size) {
    const double across = double(full.width()) / size.width;
    const double down = double(full.height()) / size.height;
    return orGiveUp(
        withPremultipliedAlpha(
            full, [=](const Image& plain) { return apply(vips_reduce, plain, across, down); }),
        "reducing");
}

template <typename Work>
Cost measured(Work work) {
    Cost cost;
    std::vector<double> taken;
    for (int run = 0; run < runs; ++run) {
        const double before = cpuSeconds();
        cost.bytes = work();
        endVipsJob();
        taken.push_back(cpuSeconds() - before);
    }
    cost.seconds = median(taken);
    return cost;
}

// Both sides are given, so that a copy's rounded ratio changes nothing.
Rendered rendered(const Bytes& source, Size size, std::optional<Format> output) {
    RenderSettings settings;
    settings.sourceTypes = readTypes;
    settings.format = output;
    Transform transform;
    Step step;
    step.width = {Length::Unit::pixels, double(size.width), {}};
    step.height = {Length::Unit::pixels, double(size.height), {}};
    step.fit = Fit::stretch;
    transform.steps.push_back(step);
    RenderInput input;
    input.source = source;
    input.transform = &transform;
    input.settings = &settings;
    RenderOutcome outcome = render(input);
    if (!outcome.rendered) {
        giveUp(outcome.detail);
    }
    return std::move(*outcome.rendered);
}

double secondsToRender(const Bytes& source, Size size, Format output) {
    return measured([&] { return rendered(source, size, output).bytes.size; }).seconds;
}

Image pixels(const Bytes& source, Size size) {
    const Rendered result = rendered(source, size, Format::png);
    VipsImage* image =
        vips_image_new_from_buffer(result.bytes.data.get(), result.bytes.size, "", nullptr);
    return inMemory(seen(orGiveUp(Image(image), "a result")));
}

// From a copy, which may be of a kind that our renderer has no name for.
double secondsFrom(const Copy& copy, const Bytes& bytes, Size size, Format output) {
    if (!copy.isCareful) {
        return secondsToRender(bytes, size, output);
    }
    const auto encoder = defaultEncoders[static_cast<std::size_t>(output)];
    return measured([&] {
               const auto result = encode(reduced(bytes, copy.type, size, 2), output,
                                          encodeOptions(output, encoder, {}, {}));
               return result ? result->size : 0;
           })
        .seconds;
}

Image pixelsFrom(const Copy& copy, const Bytes& bytes, Size size) {
    return copy.isCareful ? inMemory(seen(reduced(bytes, copy.type, size, 2)))
                          : pixels(bytes, size);
}

struct Direct {
    Size size;
    double seconds = 0;
    Image image, best;  // by our renderer, and reduced at once
    double toBest = 0;
};

struct Via {
    double seconds = 0;
    double toDirect = 0, toBest = 0;  // dB
};

using Found = std::map<std::uint32_t, Via>;  // by width

class Trial {
public:
    Trial(const Picture& picture, const std::string& folder)
        : picture_(picture), original_(bytesOf(picture, folder)) {
        const Image header = orGiveUp(openSource(picture.type, original_), picture.name);
        stored_ = header.size();
        output_ = picture.output ? *picture.output : formatLike(picture.type);
        const Image full = inMemory(toSrgb(toEightBit(header)));
        for (const Widths& widths : sets) {
            for (const std::uint32_t width : widths) {
                if (width < stored_.width) {
                    direct_.try_emplace(width, renderedDirect(full, width));
                }
            }
        }
    }

    void run() const {
        for (const std::uint32_t side : sides) {
            for (const Copy& copy : copies) {
                if (side < stored_.width && isTried(side, copy)) {
                    tryOut(side, copy);
                }
            }
        }
    }

private:
    static Format formatLike(SourceType type) {
        switch (type) {
            case SourceType::png:
                return Format::png;
            case SourceType::webp:
                return Format::webp;
            case SourceType::avif:
                return Format::avif;
            default:
                return Format::jpeg;
        }
    }

    bool isTried(std::uint32_t side, const Copy& copy) const {
        const bool isHere = copy.isForEverySide || side == defaultSide;
        const bool isLossless = copy.holdsAlpha && !copy.isForEverySide;
        switch (picture_.tried) {
            case Tried::all:
                return isHere;
            case Tried::alike:
                return isHere && (picture_.hasAlpha ? copy.holdsAlpha : !isLossless);
            case Tried::usual:
                return side == defaultSide && copy.isUsual && copy.holdsAlpha == picture_.hasAlpha;
        }
        return false;
    }

    Direct renderedDirect(const Image& full, std::uint32_t width) const {
        Direct direct;
        direct.size = {width,
                       std::uint32_t(std::lround(double(width) * stored_.height / stored_.width))};
        direct.seconds = secondsToRender(original_, direct.size, output_);
        direct.image = pixels(original_, direct.size);
        direct.best = inMemory(seen(reducedAtOnce(full, direct.size)));
        direct.toBest = psnr(direct.image, direct.best);
        return direct;
    }

    void tryOut(std::uint32_t side, const Copy& copy) const;
    std::pair<double, double> costs(const Widths& widths, const Found& found) const;
    void print(std::uint32_t side, const Copy& copy, const Cost& making, const Found& found) const;
    void printWidths(std::uint32_t side, const Copy& copy, const Found& found) const;

    const Picture& picture_;
    Bytes original_;
    Size stored_;
    Format output_;
    std::map<std::uint32_t, Direct> direct_;
};

void Trial::tryOut(std::uint32_t side, const Copy& copy) const {
    const Size size = within(stored_, side);
    Bytes bytes;
    const Cost making = measured([&] {
        bytes = written(reduced(original_, picture_.type, size, 1), copy.written);
        return bytes.size();
    });
    Found found;
    for (const auto& [width, direct] : direct_) {
        if (2 * width <= size.width) {
            const Image image = pixelsFrom(copy, bytes, direct.size);
            found[width] = {secondsFrom(copy, bytes, direct.size, output_),
                            psnr(image, direct.image), psnr(image, direct.best)};
        }
    }
    print(side, copy, making, found);
    printWidths(side, copy, found);
}

// What a set costs from the original alone, and once the copy is there.
std::pair<double, double> Trial::costs(const Widths& widths, const Found& found) const {
    double without = 0, with = 0;
    for (const std::uint32_t width : widths) {
        if (const auto direct = direct_.find(width); direct != direct_.end()) {
            const auto via = found.find(width);
            without += direct->second.seconds;
            with += via == found.end() ? direct->second.seconds : via->second.seconds;
        }
    }
    return {without, with};
}

void Trial::print(std::uint32_t side, const Copy& copy, const Cost& making,
                  const Found& found) const {
    std::printf("| %s | %u %s | %zu | %.0f |", picture_.name.c_str(), side, copy.name.c_str(),
                making.bytes / 1000, making.seconds * 1000);
    for (const Widths& widths : sets) {
        const auto [without, later] = costs(widths, found);
        const double with = making.seconds + later;
        std::printf(" %.0f | %.0f | %+.0f %% | %+.0f %% |", without * 1000, with * 1000,
                    100 * (with / without - 1), 100 * (later / without - 1));
    }
    double toDirect = 99, toBest = 99, directToBest = 99;
    for (const auto& [width, via] : found) {
        toDirect = std::min(toDirect, via.toDirect);
        toBest = std::min(toBest, via.toBest);
        directToBest = std::min(directToBest, direct_.at(width).toBest);
    }
    std::printf(" %.1f | %.1f | %.1f |\n", toDirect, toBest, directToBest);
    std::fflush(stdout);
}

// Each width by itself, for who wants to know where it pays.
void Trial::printWidths(std::uint32_t side, const Copy& copy, const Found& found) const {
    for (const auto& [width, via] : found) {
        const Direct& direct = direct_.at(width);
        std::fprintf(stderr, "%s\t%u %s\t%u\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\n", picture_.name.c_str(),
                     side, copy.name.c_str(), width, direct.seconds * 1000, via.seconds * 1000,
                     via.toDirect, via.toBest, direct.toBest);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        std::fprintf(stderr, "usage: reduced FOLDER [PICTURE]\n");
        return 2;
    }
    std::string problem;
    if (!startVips(
            readTypes, [](std::string_view) {}, problem)) {
        giveUp(problem);
    }
    std::printf("%s", head);
    for (const Picture& picture : pictures()) {
        if (count == 2 || picture.name == words[2]) {
            Trial(picture, words[1]).run();
        }
    }
    return 0;
}
