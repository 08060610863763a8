// TIFF 6.0, section 18, "ExtraSamples": the meaning of each sample after the colours. libvips
// always uses the last band as alpha.
#include "render/steps/tiff_bands.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "render/steps/pixels.hpp"
#include "render/tiff_directory.hpp"

namespace private_image {

namespace {

constexpr std::uint16_t samplesPerPixel = 277, extraSamples = 338;
constexpr std::uint64_t associatedAlpha = 1, unassociatedAlpha = 2;

const TiffEntry* entryOf(const TiffDirectory& directory, std::uint16_t tag) {
    const auto found = std::find_if(directory.entries.begin(), directory.entries.end(),
                                    [tag](const TiffEntry& entry) { return entry.tag == tag; });
    return found == directory.entries.end() ? nullptr : &*found;
}

// The loop ends: libtiff counted `page`, which is at most 65535.
std::optional<TiffDirectory> directoryOf(const TiffFile& file, std::uint32_t page) {
    auto directory = file.directoryAt(file.firstDirectory());
    for (; directory && page > 0; --page) {
        directory = file.directoryAt(directory->next);
    }
    return directory;
}

struct Bands {
    int colours = 0;
    std::optional<int> alpha;
};

std::optional<Bands> bandsOf(std::span<const unsigned char> bytes, std::uint32_t page, int count) {
    const auto file = TiffFile::open({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const auto directory = file ? directoryOf(*file, page) : std::nullopt;
    const TiffEntry* const samples = directory ? entryOf(*directory, samplesPerPixel) : nullptr;
    const TiffEntry* const extra = directory ? entryOf(*directory, extraSamples) : nullptr;
    // libvips expands palettes, so the number of bands may differ from the number of samples.
    if (!samples || !extra || file->numberOf(*samples) != static_cast<std::uint64_t>(count)) {
        return std::nullopt;
    }
    std::vector<std::uint64_t> kinds;
    while (const auto kind = file->numberOf(*extra, kinds.size())) {
        kinds.push_back(*kind);
    }
    Bands bands{count - static_cast<int>(std::min<std::size_t>(kinds.size(), 65535)), {}};
    const auto alpha = std::find_if(kinds.begin(), kinds.end(), [](std::uint64_t kind) {
        return kind == associatedAlpha || kind == unassociatedAlpha;
    });
    if (alpha != kinds.end()) {
        bands.alpha = bands.colours + static_cast<int>(alpha - kinds.begin());
    }
    const bool isKnown = bands.colours == 1 || bands.colours == 3 || bands.colours == 4;
    return isKnown && !kinds.empty() ? std::optional(bands) : std::nullopt;
}

// Sets the interpretation; unchanged if libvips has none for such an image.
Image withInterpretation(const Image& image, int colours) {
    const auto format = image ? image.get()->BandFmt : VIPS_FORMAT_NOTSET;
    if (colours == 4 || (format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT)) {
        return image;
    }
    const bool isDeep = format == VIPS_FORMAT_USHORT;
    const auto grey = isDeep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    const auto colour = isDeep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return apply(vips_copy, image, "interpretation", colours == 1 ? grey : colour);
}

}  // namespace

Image withTiffBands(const Image& image, std::span<const unsigned char> bytes, std::uint32_t page) {
    if (!image || image.bands() == 1) {
        return image;
    }
    const auto bands = bandsOf(bytes, page, image.bands());
    if (!bands || (bands->alpha == bands->colours && image.bands() == bands->colours + 1)) {
        return image;
    }
    const Image colours = apply(vips_extract_band, image, 0, "n", bands->colours);
    if (!colours || !bands->alpha) {
        return withInterpretation(colours, bands->colours);
    }
    return withInterpretation(joined(colours, apply(vips_extract_band, image, *bands->alpha)),
                              bands->colours);
}

}  // namespace private_image
