// The encoders. Each library interprets the effort within its own range.
#include "render/steps/encode.hpp"

#include <algorithm>
#include <utility>

#include "render/steps/jpeg_container.hpp"
#include "render/steps/webp_container.hpp"

namespace private_image {

namespace {

template <typename Saver, typename... Options>
std::optional<EncodedBytes> save(Saver saver, const Image& image, Options... options) {
    void* data = nullptr;
    std::size_t size = 0;
    if (saver(image.get(), &data, &size, options..., static_cast<void*>(nullptr)) != 0) {
        return std::nullopt;
    }
    EncodedBytes bytes;
    bytes.data.reset(static_cast<unsigned char*>(data));
    bytes.size = size;
    return bytes;
}

int effortWithin(const EncodeOptions& options, int min, int max) {
    return options.isFast ? min : std::clamp<int>(options.settings.effort, min, max);
}

// If metadata is kept, libvips adds an EXIF block of its own; withSegments() and stripWebp() remove
// it.
gboolean keepsNothing(const EncodeOptions& options) {
    return options.keepsFields || options.keepsProfile || options.density ? FALSE : TRUE;
}

VipsForeignSubsample subsampling(const EncodeOptions& options) {
    return options.settings.quality >= chromaQuality ? VIPS_FOREIGN_SUBSAMPLE_OFF
                                                     : VIPS_FOREIGN_SUBSAMPLE_ON;
}

std::optional<EncodedBytes> saveJpeg(const Image& image, const EncodeOptions& options) {
    auto bytes =
        save(vips_jpegsave_buffer, image, "Q", int(options.settings.quality), "optimize_coding",
             options.isFast ? FALSE : TRUE, "interlace", options.isProgressive ? TRUE : FALSE,
             "subsample_mode", subsampling(options), "strip", keepsNothing(options));
    return bytes ? withSegments(std::move(*bytes), options.exif, options.density) : std::nullopt;
}

std::optional<EncodedBytes> savePng(const Image& image, const EncodeOptions& options) {
    const gboolean interlace = options.isProgressive ? TRUE : FALSE;
    const int compression = options.isFast ? 1 : effortWithin(options, 0, 9);
    if (options.palette) {
        // Filters would break runs of palette indices.
        return save(vips_pngsave_buffer, image, "compression", compression, "filter",
                    VIPS_FOREIGN_PNG_FILTER_NONE, "interlace", interlace, "palette", TRUE, "Q",
                    int(options.settings.quality), "effort", options.isFast ? 1 : 4, "strip",
                    keepsNothing(options));
    }
    return save(vips_pngsave_buffer, image, "compression", compression, "filter",
                VIPS_FOREIGN_PNG_FILTER_ALL, "interlace", interlace, "strip",
                keepsNothing(options));
}

// Lossy WebP always halves the resolution of colour; "smart" subsampling loses least.
std::optional<EncodedBytes> saveWebp(const Image& image, const EncodeOptions& options) {
    const gboolean isCareful = options.settings.quality >= chromaQuality ? TRUE : FALSE;
    auto bytes = save(vips_webpsave_buffer, image, "Q", int(options.settings.quality), "lossless",
                      options.lossless ? TRUE : FALSE, "smart_subsample", isCareful, "effort",
                      effortWithin(options, 0, 6), "strip", keepsNothing(options));
    if (bytes) {
        bytes->size = stripWebp({bytes->data.get(), bytes->size}, options.keepsProfile);
        if (image.hasAlpha()) {
            flagTransparency({bytes->data.get(), bytes->size});
        }
    }
    return bytes;
}

std::optional<EncodedBytes> saveAvif(const Image& image, const EncodeOptions& options) {
    return save(vips_heifsave_buffer, image, "Q", int(options.settings.quality), "lossless",
                options.lossless ? TRUE : FALSE, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
                "effort", effortWithin(options, 0, 9), "subsample_mode",
                options.lossless ? VIPS_FOREIGN_SUBSAMPLE_OFF : subsampling(options), "strip",
                TRUE);
}

std::optional<EncodedBytes> saveJxl(const Image& image, const EncodeOptions& options) {
    const int effort = effortWithin(options, 3, 9);
    if (options.lossless) {
        return save(vips_jxlsave_buffer, image, "lossless", TRUE, "effort", effort, "strip",
                    keepsNothing(options));
    }
    return save(vips_jxlsave_buffer, image, "Q", int(options.settings.quality), "effort", effort,
                "strip", keepsNothing(options));
}

// Cloudflare's bounds: passes make tiny pictures larger, and for large ones all coefficients would
// be held in memory.
constexpr std::uint32_t minProgressiveSide = 50;
constexpr std::uint32_t maxProgressiveSide = 3000;

bool isProgressive(Progressive wish, Format format, Size size) {
    switch (wish) {
        case Progressive::never:
            return false;
        case Progressive::always:
            return true;
        case Progressive::bySize: {
            const std::uint32_t longer = std::max(size.width, size.height);
            return format == Format::jpeg && longer >= minProgressiveSide &&
                   longer <= maxProgressiveSide;
        }
    }
    return false;
}

}  // namespace

void EncodedBytes::Free::operator()(unsigned char* p) const noexcept {
    g_free(p);
}

EncodeOptions encodeOptions(Format format, EncoderSettings settings, const Encoding& wishes,
                            Size size) {
    EncodeOptions options;
    options.settings = settings;
    options.settings.quality = wishes.quality.value_or(settings.quality);
    // Cloudflare and ImageKit both deliver WebP of quality 100 lossless.
    options.lossless =
        wishes.lossless || (format == Format::webp && options.settings.quality >= 100);
    options.isProgressive =
        isProgressive(wishes.progressive.value_or(Progressive::never), format, size);
    options.isFast = wishes.isFast;
    options.density = wishes.density;
    options.palette = wishes.palette && !wishes.lossless;
    return options;
}

std::optional<EncodedBytes> bytesOf(std::string_view text) {
    EncodedBytes bytes;
    bytes.data.reset(static_cast<unsigned char*>(g_try_malloc(text.size())));
    if (!bytes.data) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), bytes.data.get());
    bytes.size = text.size();
    return bytes;
}

std::optional<EncodedBytes> encode(const Image& image, Format format,
                                   const EncodeOptions& options) {
    switch (format) {
        case Format::jpeg:
            return saveJpeg(image, options);
        case Format::png:
            return savePng(image, options);
        case Format::webp:
            return saveWebp(image, options);
        case Format::avif:
            return saveAvif(image, options);
        case Format::gif:
            return save(vips_gifsave_buffer, image, "effort", effortWithin(options, 1, 10), "strip",
                        TRUE);
        case Format::jxl:
            return saveJxl(image, options);
        case Format::json:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace private_image
