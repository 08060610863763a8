// The loaders by type, and how far each may shrink while decoding.
#include "render/steps/load.hpp"

#include <algorithm>
#include <cmath>

#include "render/limits.hpp"
#include "render/steps/described_colours.hpp"
#include "render/steps/gif.hpp"
#include "render/steps/heif_container.hpp"
#include "render/steps/tiff_bands.hpp"

namespace private_image {

namespace {

// Arguments of every loader: one pass from top to bottom; truncated pictures fail.
template <typename Loader, typename... Options>
Image open(Loader loader, std::span<const unsigned char> bytes, Options... options) {
    VipsImage* out = nullptr;
    auto* data = const_cast<unsigned char*>(bytes.data());
    if (loader(data, bytes.size(), &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
               VIPS_FAIL_ON_TRUNCATED, options..., static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

// AVIF and HEIC are the same container with different codecs. The codec decides which decoder runs,
// so a brand that names the other codec is refused: it could select a decoder that is not allowed.
Image openHeif(std::span<const unsigned char> bytes, HeifCodec other,
               std::optional<std::uint32_t> page) {
    if (holdsCodec(bytes, other)) {
        vips_error("private_image", "the container's brand and its codec differ");
        return {};
    }
    // libvips decodes the primary item (ISO/IEC 23008-12, 6.2) only if no page is given.
    return page ? open(vips_heifload_buffer, bytes, "page", static_cast<int>(*page))
                : open(vips_heifload_buffer, bytes);
}

bool covers(std::uint64_t width, std::uint64_t height, Size needed) {
    return width >= needed.width && height >= needed.height;
}

bool isWhole(Rectangle part, Size stored) {
    return part == Rectangle{0, 0, stored.width, stored.height};
}

// A shrinking decoder drops frequencies instead of filtering them, so its output needs this many
// times the pixels of the result for the filter to work on. Photographs, and noise with their
// spectrum, then reach 42 dB or more, mostly 46, against a reduction of all pixels. Edges are less
// exact, since the decoder drops up to 7 of their pixels, and small pictures have their detail in
// the finest pixels: neither is worth the little time that more shrinking saves.
constexpr double minPixelRatio = 1.6, minPixelRatioByEight = 2;
constexpr double minShrunkSide = 200;

// libjpeg-turbo scales each component by the same factor in both directions. A component stored
// coarsely is scaled by less, but only if it is coarse in both directions: otherwise its colour is
// shrunk once more in the direction that is coarse already, and doubled afterwards.
int blockSideOf(const Sampling& component, const Sampling& finest, int shrink) {
    constexpr int blockSide = 8;
    const int scaled = blockSide / shrink;
    int side = scaled;
    while (side < blockSide && finest.across * scaled % (component.across * side * 2) == 0 &&
           finest.down * scaled % (component.down * side * 2) == 0) {
        side *= 2;
    }
    return side;
}

Sampling finestOf(const std::vector<Sampling>& components) {
    Sampling finest;
    for (const Sampling& component : components) {
        finest = {std::max(finest.across, component.across), std::max(finest.down, component.down)};
    }
    return finest;
}

// Decoding at the stored size loses nothing.
bool keepsDetail(const Sampling& component, const Sampling& finest, int shrink, Size part,
                 Size needed) {
    const int side = blockSideOf(component, finest, shrink);
    const double minRatio = shrink == 8 ? minPixelRatioByEight : minPixelRatio;
    const double across = part.width * double(component.across * side) / (finest.across * 8);
    const double down = part.height * double(component.down * side) / (finest.down * 8);
    return side == 8 || (across >= minRatio * needed.width && down >= minRatio * needed.height);
}

int jpegShrink(const SourceHeader& header, Rectangle part, Size needed) {
    const Size size{part.width, part.height};
    const auto components = header.sampling.empty() ? std::vector<Sampling>(1) : header.sampling;
    const Sampling finest = finestOf(components);
    const double shortest = std::min(header.stored.width, header.stored.height);
    for (int shrink : {8, 4, 2}) {
        if (shortest >= shrink * minShrunkSide &&
            std::all_of(components.begin(), components.end(), [&](const Sampling& component) {
                return keepsDetail(component, finest, shrink, size, needed);
            })) {
            return shrink;
        }
    }
    return 1;
}

// libwebp averages areas of any size while decoding, which aliases and blurs: 42 dB need 1.75 times
// the pixels of the result. If that saves less than half of the pixels, its averaging costs more
// than it saves.
double webpScale(Size stored, Rectangle part, Size needed) {
    constexpr double minPixelRatioOfWebp = 1.75, maxWorthwhileScale = 0.6;
    const double scale = std::max({minPixelRatioOfWebp * needed.width / part.width,
                                   minPixelRatioOfWebp * needed.height / part.height,
                                   minShrunkSide / std::min(stored.width, stored.height)});
    return scale <= maxWorthwhileScale ? scale : 1;
}

// An SVG is drawn at the requested size. The resize, not the
// drawing, does the rest if a stretch would make one axis huge, or for a small part of a large
// drawing, which would have to be drawn completely.
double svgScale(Size stored, Rectangle part, Size needed) {
    const double scale = std::max(static_cast<double>(needed.width) / part.width,
                                  static_cast<double>(needed.height) / part.height);
    constexpr double maxDrawnForPart = 16'000'000;
    const double drawn = scale * stored.width * scale * stored.height;
    const auto wanted = static_cast<double>(pixelCount(needed.width, needed.height, 1));
    const double max = isWhole(part, stored) ? 2 * wanted : std::max(2 * wanted, maxDrawnForPart);
    return drawn <= max ? scale : 1;
}

int headerNumber(const Image& image, const char* field, int otherwise) {
    int value = otherwise;
    if (vips_image_get_typeof(image.get(), field) == 0 ||
        vips_image_get_int(image.get(), field, &value) != 0) {
        return otherwise;
    }
    return value;
}

Image decoder(SourceType type, std::span<const unsigned char> bytes, const LoadOptions& options) {
    const int frames = static_cast<int>(options.frames);
    const int first = static_cast<int>(options.first.value_or(0));
    switch (type) {
        case SourceType::jpeg:
            return options.failsOnWarning
                       ? open(vips_jpegload_buffer, bytes, "shrink", options.shrink, "fail_on",
                              VIPS_FAIL_ON_WARNING)
                       : open(vips_jpegload_buffer, bytes, "shrink", options.shrink);
        case SourceType::png:
            return open(vips_pngload_buffer, bytes);
        case SourceType::webp:
            return open(vips_webpload_buffer, bytes, "page", first, "n", frames, "scale",
                        options.scale);
        case SourceType::gif:
            return openGif(bytes, options.first.value_or(0), options.frames);
        case SourceType::avif:
            return openHeif(bytes, HeifCodec::hevc, options.first);
        case SourceType::heic:
            return openHeif(bytes, HeifCodec::av1, options.first);
        case SourceType::tiff:
            return withTiffBands(open(vips_tiffload_buffer, bytes, "page", first), bytes,
                                 options.first.value_or(0));
        case SourceType::svg:
            return open(vips_svgload_buffer, bytes, "scale", options.scale);
        case SourceType::jxl:
            return open(vips_jxlload_buffer, bytes);
    }
    return {};
}

}  // namespace

Image openSource(SourceType type, std::span<const unsigned char> bytes, LoadOptions options) {
    return withDescribedColours(decoder(type, bytes, options), type, bytes, options.first);
}

SourceHeader readHeader(const Image& image, SourceType type, std::span<const unsigned char> bytes) {
    const bool canHaveFrames = type == SourceType::gif || type == SourceType::webp;
    SourceHeader header;
    header.stored = image.size();
    header.orientation = vips_image_get_orientation(image.get());
    // Not vips_image_get_n_pages(): libvips 8.16 returns 1 for more than 10,000 pages.
    header.pages =
        static_cast<std::uint32_t>(std::max(1, headerNumber(image, VIPS_META_N_PAGES, 1)));
    header.primaryPage =
        static_cast<std::uint32_t>(std::max(0, headerNumber(image, "heif-primary", 0)));
    header.frames = canHaveFrames ? header.pages : 1;
    header.isProgressive =
        headerNumber(image, "interlaced", 0) != 0 || headerNumber(image, "jpeg-multiscan", 0) != 0;
    header.hasAlpha = image.hasAlpha();
    if (type == SourceType::jpeg) {
        header.sampling = jpegSampling(bytes);
    }
    return header;
}

LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Rectangle part, Size needed,
                         LoadOptions asIs) {
    LoadOptions options = asIs;
    const Size size{part.width, part.height};
    const bool isSmaller = covers(size.width, size.height, needed) && size != needed;
    if (type == SourceType::jpeg && isSmaller) {
        options.shrink = jpegShrink(header, part, needed);
    }
    // libwebp also scales colour below transparent pixels, and rounds the positions of an
    // animation's frames.
    if (type == SourceType::webp && isSmaller && !header.hasAlpha && options.frames == 1) {
        options.scale = webpScale(header.stored, part, needed);
    }
    if (type == SourceType::svg) {
        options.scale = svgScale(header.stored, part, needed);
    }
    return options;
}

Area loadedPart(Rectangle part, Size stored, LoadOptions options, Size loaded) {
    // Multiplied first, so that the whole image maps to exactly the whole image.
    const bool isShrunk = options.shrink != 1;
    const Size from =
        isShrunk ? Size{std::uint32_t(options.shrink), std::uint32_t(options.shrink)} : stored;
    const Size to = isShrunk ? Size{1, 1} : loaded;
    const auto across = [&](double at) { return at * to.width / from.width; };
    const auto down = [&](double at) { return at * to.height / from.height; };
    return {across(part.left), down(part.top), across(part.width), down(part.height)};
}

}  // namespace private_image
