// The loaders by type, and how far each may shrink while it decodes.
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

// Arguments that every loader gets: one pass from top to bottom; half a picture is no picture.
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

// One container carries both types: what the codec inside is decides, not the brand in front, or
// a brand would open the way to a decoder that is not allowed.
Image openHeif(std::span<const unsigned char> bytes, HeifCodec other,
               std::optional<std::uint32_t> page) {
    if (holdsCodec(bytes, other)) {
        vips_error("private_image", "the container holds another codec than its brand says");
        return {};
    }
    // libvips takes the primary item (ISO/IEC 23008-12, 6.2) only where no page is named.
    return page ? open(vips_heifload_buffer, bytes, "page", static_cast<int>(*page))
                : open(vips_heifload_buffer, bytes);
}

bool covers(std::uint64_t width, std::uint64_t height, Size needed) {
    return width >= needed.width && height >= needed.height;
}

bool isWhole(Rectangle part, Size stored) {
    return part == Rectangle{0, 0, stored.width, stored.height};
}

// How far an edge is off in the result, in its pixels, when it is moved to the nearest pixel of the
// shrunk image. `left` of a side that `length` pixels of become `needed`.
double edgeError(std::uint64_t edge, int shrink, std::uint32_t length, std::uint32_t needed) {
    const double shrunk = static_cast<double>(edge) / shrink;
    return std::abs(shrunk - std::round(shrunk)) * shrink * needed / length;
}

// A part keeps its place within a fraction of a pixel that cannot be told from rounding
// (photographs stay above 46 dB).
bool keepsPlace(Rectangle part, Size needed, int shrink) {
    constexpr double largestError = 1.0 / 16;
    const auto left = static_cast<std::uint64_t>(part.left);
    const auto top = static_cast<std::uint64_t>(part.top);
    const double errors[] = {edgeError(left, shrink, part.width, needed.width),
                             edgeError(left + part.width, shrink, part.width, needed.width),
                             edgeError(top, shrink, part.height, needed.height),
                             edgeError(top + part.height, shrink, part.height, needed.height)};
    return *std::max_element(std::begin(errors), std::end(errors)) <= largestError;
}

// The decoder leaves out frequencies instead of filtering them, so that little is left for the
// resize to make good just above a power of two. Shrinking by 4 or 2 goes as far as the result
// allows, since decoding is what a render costs: photographs then stand at 44 dB against a
// full-resolution reduction, rough textures just above a power of two at 36. By 8 all would stand
// at 40 below twice the size that is needed, and little time would be won.
bool leavesEnough(int shrink, Size shrunk, Size needed) {
    const std::uint32_t times = shrink == 8 ? 2 : 1;
    return covers(shrunk.width, shrunk.height, {times * needed.width, times * needed.height});
}

int jpegShrink(Size stored, Rectangle part, Size needed) {
    for (int shrink : {8, 4, 2}) {
        const Size shrunk{part.width / shrink, part.height / shrink};
        if (leavesEnough(shrink, shrunk, needed) &&
            (isWhole(part, stored) || keepsPlace(part, needed, shrink))) {
            return shrink;
        }
    }
    return 1;
}

// libwebp averages areas while it decodes. Where one factor meets both sides after rounding,
// nothing is left to resize.
double webpScale(Size stored, Size needed) {
    const double horizontal = static_cast<double>(needed.width) / stored.width;
    const double vertical = static_cast<double>(needed.height) / stored.height;
    for (double scale : {horizontal, vertical, (horizontal + vertical) / 2}) {
        if (std::rint(stored.width * scale) == needed.width &&
            std::rint(stored.height * scale) == needed.height) {
            return scale;
        }
    }
    return std::max(horizontal, vertical);
}

// Drawn at the size wanted. A stretch that would make one axis huge for the other's sake is left
// to the resize; so is a small part of a large drawing, of which all would have to be drawn.
double svgScale(Size stored, Rectangle part, Size needed) {
    const double scale = std::max(static_cast<double>(needed.width) / part.width,
                                  static_cast<double>(needed.height) / part.height);
    constexpr double mostDrawnForPart = 16'000'000;
    const double drawn = scale * stored.width * scale * stored.height;
    const auto wanted = static_cast<double>(pixelCount(needed.width, needed.height, 1));
    const double most = isWhole(part, stored) ? 2 * wanted : std::max(2 * wanted, mostDrawnForPart);
    return drawn <= most ? scale : 1;
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

SourceHeader readHeader(const Image& image, SourceType type) {
    const bool moves = type == SourceType::gif || type == SourceType::webp;
    SourceHeader header;
    header.stored = image.size();
    header.orientation = vips_image_get_orientation(image.get());
    // libvips 8.16's own accessor says 1 beyond 10,000.
    header.pages =
        static_cast<std::uint32_t>(std::max(1, headerNumber(image, VIPS_META_N_PAGES, 1)));
    header.primaryPage =
        static_cast<std::uint32_t>(std::max(0, headerNumber(image, "heif-primary", 0)));
    header.frames = moves ? header.pages : 1;
    header.isProgressive =
        headerNumber(image, "interlaced", 0) != 0 || headerNumber(image, "jpeg-multiscan", 0) != 0;
    header.hasAlpha = image.hasAlpha();
    return header;
}

LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Rectangle part, Size needed,
                         LoadOptions asIs) {
    LoadOptions options = asIs;
    const Size size{part.width, part.height};
    const bool isSmaller = covers(size.width, size.height, needed) && size != needed;
    if (type == SourceType::jpeg && isSmaller) {
        options.shrink = jpegShrink(header.stored, part, needed);
    }
    // libwebp scales colour under transparent pixels too, places the frames of an animation on
    // rounded coordinates, and scales by no factor of our choice, so that a part would move.
    if (type == SourceType::webp && isSmaller && !header.hasAlpha && options.frames == 1 &&
        isWhole(part, header.stored)) {
        options.scale = webpScale(header.stored, needed);
    }
    if (type == SourceType::svg) {
        options.scale = svgScale(header.stored, part, needed);
    }
    return options;
}

Rectangle loadedPart(Rectangle part, Size stored, LoadOptions options, Size loaded) {
    if (isWhole(part, stored)) {
        return {0, 0, loaded.width, loaded.height};
    }
    const double factor = options.scale / options.shrink;
    const auto edge = [factor](std::int64_t at, std::uint32_t most) {
        const double moved = std::floor(static_cast<double>(at) * factor + 0.5);
        return static_cast<std::int64_t>(std::clamp(moved, 0.0, static_cast<double>(most)));
    };
    const std::int64_t left =
        std::min<std::int64_t>(edge(part.left, loaded.width), std::int64_t(loaded.width) - 1);
    const std::int64_t top =
        std::min<std::int64_t>(edge(part.top, loaded.height), std::int64_t(loaded.height) - 1);
    const std::int64_t right = edge(std::int64_t(part.left) + part.width, loaded.width);
    const std::int64_t bottom = edge(std::int64_t(part.top) + part.height, loaded.height);
    return {static_cast<std::int32_t>(left), static_cast<std::int32_t>(top),
            static_cast<std::uint32_t>(std::max<std::int64_t>(1, right - left)),
            static_cast<std::uint32_t>(std::max<std::int64_t>(1, bottom - top))};
}

}  // namespace private_image
