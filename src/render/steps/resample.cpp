// Resamples lines first, then columns, in floating point. Alpha arrives premultiplied in 16 bits.
#include "render/steps/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "render/steps/lanczos.hpp"
#include "render/steps/pixels.hpp"

// At -O2, which nginx uses for modules, GCC does not vectorise these loops; clang does.
#ifdef __clang__
#define PRIVATE_IMAGE_FAST_LOOPS
#else
#define PRIVATE_IMAGE_FAST_LOOPS [[gnu::optimize("O3")]]
#endif

namespace private_image {

namespace {

constexpr int maxBands = 4;
constexpr std::uint32_t maxShrunkSide = 65535;

// Beyond this factor whole pixels are averaged first, so that a filter needs few lines at once.
constexpr double maxFilterFactor = 8, minFilterFactor = 4;

struct Resampling {
    Image source;
    Taps across, down;
    bool isPremultiplied;
    int highLine;  // first line after the source
};

// The buffers of one thread.
struct Scratch {
    VipsRegion* region;
    std::vector<float> sums;  // one line, of source columns
    std::vector<const VipsPel*> lines;
};

using Lanes = float __attribute__((vector_size(16)));

inline Lanes lanesAt(const float* at) {
    Lanes lanes;
    std::memcpy(&lanes, at, sizeof lanes);
    return lanes;
}

// Sums `count` lines, a multiple of 4, into one. In blocks that fit into the processor's first
// cache.
template <typename Sample>
[[gnu::always_inline]] inline void sumLines(const VipsPel* const* lines, const float* weights,
                                            int count, float* sums, int samples) {
    constexpr int block = 2048;
    for (int begin = 0; begin < samples; begin += block) {
        const int length = std::min(block, samples - begin);
        float* __restrict sum = sums + begin;
        std::fill_n(sum, length, 0.0F);
        for (int tap = 0; tap < count; tap += 4) {
            const Sample* a = reinterpret_cast<const Sample*>(lines[tap]) + begin;
            const Sample* b = reinterpret_cast<const Sample*>(lines[tap + 1]) + begin;
            const Sample* c = reinterpret_cast<const Sample*>(lines[tap + 2]) + begin;
            const Sample* d = reinterpret_cast<const Sample*>(lines[tap + 3]) + begin;
            const float wa = weights[tap], wb = weights[tap + 1], wc = weights[tap + 2],
                        wd = weights[tap + 3];
            for (int i = 0; i < length; ++i) {
                sum[i] += wa * float(a[i]) + wb * float(b[i]) + wc * float(c[i]) + wd * float(d[i]);
            }
        }
    }
}

inline VipsPel rounded(float value) {
    return static_cast<VipsPel>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

// From 255 times alpha, and colours times alpha, to 8 bits.
inline void writeStraight(Lanes sum, int bands, VipsPel* out) {
    const int last = bands - 1;
    const float alpha = sum[last] / 255;
    for (int band = 0; band < last; ++band) {
        out[band] = alpha >= 0.5F ? rounded(sum[band] / alpha) : VipsPel(0);
    }
    out[last] = rounded(alpha);
}

// `sums` starts with column `left`.
[[gnu::always_inline]] inline void sumColumns(const Resampling& resampling, const float* sums,
                                              int left, const VipsRect& area, VipsPel* out) {
    const int bands = resampling.source.bands();
    const int count = resampling.across.count;
    for (int x = area.left; x < area.left + area.width; ++x, out += bands) {
        const float* weights = resampling.across.of(x);
        const float* at =
            sums + std::ptrdiff_t(resampling.across.first[std::size_t(x)] - left) * bands;
        Lanes even{}, odd{};
        for (int tap = 0; tap < count; tap += 2, at += 2 * bands) {
            even += lanesAt(at) * weights[tap];
            odd += lanesAt(at + bands) * weights[tap + 1];
        }
        const Lanes sum = even + odd;
        if (resampling.isPremultiplied) {
            writeStraight(sum, bands, out);
            continue;
        }
        for (int band = 0; band < bands; ++band) {
            out[band] = rounded(sum[band]);
        }
    }
}

template <typename Sample>
[[gnu::always_inline]] inline void resampleLines(const Resampling& resampling, Scratch& scratch,
                                                 VipsRegion* out, int left, int columns) {
    const VipsRect& area = out->valid;
    for (int y = area.top; y < area.top + area.height; ++y) {
        const int first = resampling.down.first[std::size_t(y)];
        for (int tap = 0; tap < resampling.down.count; ++tap) {
            const int line = std::min(first + tap, resampling.highLine - 1);
            scratch.lines[std::size_t(tap)] = VIPS_REGION_ADDR(scratch.region, left, line);
        }
        sumLines<Sample>(scratch.lines.data(), resampling.down.of(y), resampling.down.count,
                         scratch.sums.data(), columns * resampling.source.bands());
        sumColumns(resampling, scratch.sums.data(), left, area,
                   VIPS_REGION_ADDR(out, area.left, y));
    }
}

// Compiled twice: for every processor, and for those of the last ten years.
[[gnu::always_inline]] inline void resampleSamples(const Resampling& resampling, Scratch& scratch,
                                                   VipsRegion* out, int left, int columns) {
    if (resampling.isPremultiplied) {
        resampleLines<std::uint16_t>(resampling, scratch, out, left, columns);
    } else {
        resampleLines<VipsPel>(resampling, scratch, out, left, columns);
    }
}

PRIVATE_IMAGE_FAST_LOOPS void resamplePlainly(const Resampling& resampling, Scratch& scratch,
                                              VipsRegion* out, int left, int columns) {
    resampleSamples(resampling, scratch, out, left, columns);
}

#ifdef __x86_64__
PRIVATE_IMAGE_FAST_LOOPS [[gnu::target("avx2,fma")]] void resampleWidely(
    const Resampling& resampling, Scratch& scratch, VipsRegion* out, int left, int columns) {
    resampleSamples(resampling, scratch, out, left, columns);
}

bool hasWideRegisters() {
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has;
}
#endif

void resampleRegion(const Resampling& resampling, Scratch& scratch, VipsRegion* out, int left,
                    int columns) {
#ifdef __x86_64__
    if (hasWideRegisters()) {
        resampleWidely(resampling, scratch, out, left, columns);
        return;
    }
#endif
    resamplePlainly(resampling, scratch, out, left, columns);
}

// The source pixels that result pixels `at` to `at + length` need.
struct Needed {
    int from, length;
};

Needed neededBy(const Taps& taps, int at, int length, int high) {
    const int from = taps.first[std::size_t(at)];
    const int end = taps.first[std::size_t(at + length - 1)] + taps.count;
    return {from, std::min(end, high) - from};
}

int generate(VipsRegion* out, void* sequence, void*, void* closure, gboolean*) {
    const auto& resampling = *static_cast<const Resampling*>(closure);
    auto& scratch = *static_cast<Scratch*>(sequence);
    const VipsRect& area = out->valid;
    const Needed columns =
        neededBy(resampling.across, area.left, area.width, int(resampling.source.width()));
    const Needed lines = neededBy(resampling.down, area.top, area.height, resampling.highLine);
    const VipsRect needed{columns.from, lines.from, columns.length, lines.length};
    if (vips_region_prepare(scratch.region, &needed) != 0) {
        return -1;
    }
    resampleRegion(resampling, scratch, out, columns.from, columns.length);
    return 0;
}

void* startSequence(VipsImage*, void* image, void* closure) {
    const auto& resampling = *static_cast<const Resampling*>(closure);
    try {
        auto scratch = std::make_unique<Scratch>();
        // The last pixel's weights may include zeros for columns beyond the end.
        const auto columns =
            std::size_t(resampling.source.width()) + std::size_t(resampling.across.count) + 1;
        scratch->sums.resize(columns * maxBands);
        scratch->lines.resize(std::size_t(resampling.down.count));
        scratch->region = vips_region_new(static_cast<VipsImage*>(image));
        return scratch.release();
    } catch (const std::bad_alloc&) {
        vips_error("private_image", "out of memory");
        return nullptr;
    }
}

int stopSequence(void* sequence, void*, void*) {
    auto* scratch = static_cast<Scratch*>(sequence);
    g_object_unref(scratch->region);
    delete scratch;
    return 0;
}

Image generated(std::unique_ptr<Resampling> resampling, Size size) {
    const Image out(vips_image_new());
    VipsImage* source = resampling->source.get();
    if (vips_image_pipelinev(out.get(), VIPS_DEMAND_STYLE_FATSTRIP, source,
                             static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    out.get()->Xsize = int(size.width);
    out.get()->Ysize = int(size.height);
    out.get()->BandFmt = VIPS_FORMAT_UCHAR;
    Resampling* closure = resampling.release();
    g_object_set_data_full(G_OBJECT(out.get()), "private_image.resampling", closure,
                           [](gpointer data) { delete static_cast<Resampling*>(data); });
    if (vips_image_generate(out.get(), startSequence, generate, stopSequence, source, closure) !=
        0) {
        return {};
    }
    // A decoder gives each line once, so lines that a later step needs again are kept.
    const bool isSequential = vips_image_get_typeof(source, VIPS_META_SEQUENTIAL) != 0;
    return isSequential ? apply(vips_sequential, out, "tile_height", 16) : out;
}

// 16 bits hold the product of colour and alpha exactly.
Image premultiplied(const Image& image) {
    const int bands = image.bands();
    return mapWideLines(image, [bands](const Line<std::uint16_t>& line) {
        const VipsPel* in = line.in;
        std::uint16_t* out = line.out;
        for (int x = 0; x < line.width; ++x, in += bands, out += bands) {
            const int alpha = in[bands - 1];
            for (int band = 0; band + 1 < bands; ++band) {
                out[band] = static_cast<std::uint16_t>(in[band] * alpha);
            }
            out[bands - 1] = static_cast<std::uint16_t>(255 * alpha);
        }
    });
}

// The number of whole pixels averaged before the filter.
int pixelsAveraged(double length, std::uint32_t size) {
    const double factor = length / size;
    return factor < maxFilterFactor ? 1 : static_cast<int>(factor / minFilterFactor);
}

// The taps of one axis. Pixels with less than half inside the area do not count.
Taps tapsOf(double from, double length, std::uint32_t size, std::uint32_t available) {
    const int end = static_cast<int>(available);
    const int low = std::clamp(static_cast<int>(std::lround(from)), 0, end - 1);
    const int high = std::clamp(static_cast<int>(std::lround(from + length)), low + 1, end);
    return lanczosTaps(from, length, static_cast<int>(size), low, high);
}

}  // namespace

bool canResample(const Image& image, Size size) {
    const auto isShort = [](Size sides) {
        return sides.width <= maxShrunkSide && sides.height <= maxShrunkSide;
    };
    return image && image.get()->BandFmt == VIPS_FORMAT_UCHAR &&
           image.get()->Coding == VIPS_CODING_NONE && image.bands() <= maxBands &&
           isShort(image.size()) && isShort(size);
}

Image resample(const Image& image, const Area& area, Size size) {
    const bool isPremultiplied = image.hasAlpha();
    Image source = isPremultiplied ? premultiplied(image) : image;
    const int across = pixelsAveraged(area.width, size.width);
    const int down = pixelsAveraged(area.height, size.height);
    if (down > 1) {
        source = apply(vips_shrinkv, source, down, "ceil", TRUE);
    }
    if (across > 1) {
        source = apply(vips_shrinkh, source, across, "ceil", TRUE);
    }
    if (!source) {
        return {};
    }
    auto resampling = std::make_unique<Resampling>();
    resampling->across =
        tapsOf(area.left / across, area.width / across, size.width, source.width());
    resampling->down = tapsOf(area.top / down, area.height / down, size.height, source.height());
    resampling->isPremultiplied = isPremultiplied;
    resampling->highLine = int(source.height());
    resampling->source = std::move(source);
    return generated(std::move(resampling), size);
}

}  // namespace private_image
