// The encoders. Effort means to each what its library makes of it, within its own range.
#include "render/steps/encode.hpp"

#include <algorithm>

#include "render/steps/webp_container.hpp"

namespace private_image {

namespace {

std::uint32_t longestSideOf(Format format) {
    switch (format) {
        case Format::jpeg:
            return 65500;
        case Format::webp:
            return 16383;
        case Format::avif:
            return 16384;
        case Format::gif:
            return 65535;
        case Format::png:
        case Format::jxl:
            return VIPS_MAX_COORD;
    }
    return 0;
}

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

std::optional<EncodedBytes> saveWebp(const Image& image, int quality, int effort) {
    auto bytes = save(vips_webpsave_buffer, image, "Q", quality, "lossless",
                      quality == 100 ? TRUE : FALSE, "effort", effort, "strip", TRUE);
    if (bytes) {
        bytes->size = stripWebp({bytes->data.get(), bytes->size});
    }
    return bytes;
}

int effortWithin(EncoderSettings settings, int least, int most) {
    return std::clamp<int>(settings.effort, least, most);
}

}  // namespace

void EncodedBytes::Free::operator()(unsigned char* p) const noexcept {
    g_free(p);
}

bool canHold(Format format, Size frame) {
    const std::uint32_t most = longestSideOf(format);
    return frame.width <= most && frame.height <= most;
}

bool holdsAlpha(Format format) {
    return format != Format::jpeg;
}

std::optional<EncodedBytes> encode(const Image& image, Format format, EncoderSettings settings,
                                   bool keepsMetadata) {
    const int quality = settings.quality;
    switch (format) {
        case Format::jpeg:
            return save(vips_jpegsave_buffer, image, "Q", quality, "optimize_coding", TRUE, "strip",
                        keepsMetadata ? FALSE : TRUE);
        case Format::png:
            return save(vips_pngsave_buffer, image, "compression", effortWithin(settings, 0, 9),
                        "filter", VIPS_FOREIGN_PNG_FILTER_ALL, "strip", TRUE);
        case Format::webp:
            return saveWebp(image, quality, effortWithin(settings, 0, 6));
        case Format::avif:
            return save(vips_heifsave_buffer, image, "Q", quality, "compression",
                        VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", effortWithin(settings, 0, 9),
                        "strip", TRUE);
        case Format::gif:
            return save(vips_gifsave_buffer, image, "effort", effortWithin(settings, 1, 10),
                        "strip", TRUE);
        case Format::jxl:
            return save(vips_jxlsave_buffer, image, "Q", quality, "effort",
                        effortWithin(settings, 3, 9), "strip", TRUE);
    }
    return std::nullopt;
}

}  // namespace private_image
