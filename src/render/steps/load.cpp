// The loaders by type, and how far each may shrink while it decodes.
#include "render/steps/load.hpp"

#include <algorithm>
#include <cmath>

#include "render/limits.hpp"
#include "render/steps/heif_container.hpp"

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
Image openHeif(std::span<const unsigned char> bytes, HeifCodec other) {
    if (holdsCodec(bytes, other)) {
        vips_error("private_image", "the container holds another codec than its brand says");
        return {};
    }
    return open(vips_heifload_buffer, bytes);
}

bool covers(std::uint64_t width, std::uint64_t height, Size needed) {
    return width >= needed.width && height >= needed.height;
}

int jpegShrink(Size stored, Size needed) {
    for (int shrink : {8, 4, 2}) {
        if (covers(stored.width / shrink, stored.height / shrink, needed)) {
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
// to the resize.
double svgScale(Size stored, Size needed) {
    const double scale = std::max(static_cast<double>(needed.width) / stored.width,
                                  static_cast<double>(needed.height) / stored.height);
    const double drawn = scale * stored.width * scale * stored.height;
    const auto wanted = static_cast<double>(pixelCount(needed.width, needed.height, 1));
    return drawn <= 2 * wanted ? scale : 1;
}

int headerNumber(const Image& image, const char* field, int otherwise) {
    int value = otherwise;
    if (vips_image_get_typeof(image.get(), field) == 0 ||
        vips_image_get_int(image.get(), field, &value) != 0) {
        return otherwise;
    }
    return value;
}

}  // namespace

Image openSource(SourceType type, std::span<const unsigned char> bytes, LoadOptions options) {
    const int frames = static_cast<int>(options.frames);
    switch (type) {
        case SourceType::jpeg:
            return open(vips_jpegload_buffer, bytes, "shrink", options.shrink);
        case SourceType::png:
            return open(vips_pngload_buffer, bytes);
        case SourceType::webp:
            return open(vips_webpload_buffer, bytes, "n", frames, "scale", options.scale);
        case SourceType::gif:
            return open(vips_gifload_buffer, bytes, "n", frames);
        case SourceType::avif:
            return openHeif(bytes, HeifCodec::hevc);
        case SourceType::heic:
            return openHeif(bytes, HeifCodec::av1);
        case SourceType::tiff:
            return open(vips_tiffload_buffer, bytes);
        case SourceType::svg:
            return open(vips_svgload_buffer, bytes, "scale", options.scale);
        case SourceType::jxl:
            return open(vips_jxlload_buffer, bytes);
    }
    return {};
}

SourceHeader readHeader(const Image& image, SourceType type) {
    const bool moves = type == SourceType::gif || type == SourceType::webp;
    SourceHeader header;
    header.stored = image.size();
    header.orientation = vips_image_get_orientation(image.get());
    header.frames =
        moves ? static_cast<std::uint32_t>(std::max(1, vips_image_get_n_pages(image.get()))) : 1;
    header.isProgressive =
        headerNumber(image, "interlaced", 0) != 0 || headerNumber(image, "jpeg-multiscan", 0) != 0;
    header.hasAlpha = image.hasAlpha();
    return header;
}

LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Size needed,
                         std::uint32_t frames) {
    LoadOptions options;
    options.frames = frames;
    const bool isSmaller =
        covers(header.stored.width, header.stored.height, needed) && header.stored != needed;
    if (type == SourceType::jpeg && isSmaller) {
        options.shrink = jpegShrink(header.stored, needed);
    }
    // libwebp scales colour under transparent pixels too, and places the frames of an animation
    // on rounded coordinates.
    if (type == SourceType::webp && isSmaller && !header.hasAlpha && frames == 1) {
        options.scale = webpScale(header.stored, needed);
    }
    if (type == SourceType::svg) {
        options.scale = svgScale(header.stored, needed);
    }
    return options;
}

}  // namespace private_image
