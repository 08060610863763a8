// libvips decodes without alpha if no frame has a transparent index, and clears to the background's
// colour after frames without one. So it gets a file with one more, transparent frame, and if a
// background shows, two files with two backgrounds: pixels that differ are transparent.
#include "render/steps/gif.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "render/steps/gif_container.hpp"
#include "render/steps/pixels.hpp"

namespace private_image {

namespace {

// Owned by the images opened from it.
struct FreeBlob {
    void operator()(VipsBlob* blob) const { vips_area_unref(VIPS_AREA(blob)); }
};
using Blob = std::unique_ptr<VipsBlob, FreeBlob>;

Image openBlob(const Blob& blob, std::uint32_t first, std::uint32_t count) {
    VipsImage* out = nullptr;
    if (!blob || vips_call("gifload_buffer", blob.get(), &out, "page", static_cast<int>(first), "n",
                           static_cast<int>(count), "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                           VIPS_FAIL_ON_TRUNCATED, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

void dropFirstDelay(const Image& image) {
    int* delays = nullptr;
    int count = 0;
    if (vips_image_get_array_int(image.get(), "delay", &delays, &count) == 0 && count > 1) {
        const std::vector<int> own(delays + 1, delays + count);
        vips_image_set_array_int(image.get(), "delay", own.data(), static_cast<int>(own.size()));
    }
}

// The frames of a file to which a leading frame was added.
Image openAfterLeadingFrame(const std::string& file, std::uint32_t first, std::uint32_t count) {
    const Blob blob(vips_blob_copy(file.data(), file.size()));
    Image image = apply(vips_copy, openBlob(blob, first + 1, count));
    int pages = 0;
    if (!image || vips_image_get_int(image.get(), VIPS_META_N_PAGES, &pages) != 0) {
        return {};
    }
    vips_image_set_int(image.get(), VIPS_META_N_PAGES, pages - 1);
    dropFirstDelay(image);
    return image;
}

Image withoutBackground(const Image& first, const Image& other) {
    constexpr int bands = 4;
    constexpr int pair = 2 * bands;
    return mapLines(joined(first, other), bands, [](const Line<VipsPel>& line) {
        const VipsPel* in = line.in;
        VipsPel* out = line.out;
        for (int x = 0; x < line.width; ++x, in += pair, out += bands) {
            if (std::equal(in, in + bands, in + bands)) {
                std::copy_n(in, bands, out);
            } else {
                std::fill_n(out, bands, VipsPel(0));
            }
        }
    });
}

// Offsets in a GIF have 16 bits.
bool canLead(const GifCanvas& canvas) {
    constexpr std::uint32_t maxSide = 65536;
    return canvas.size.width <= maxSide && canvas.size.height <= maxSide;
}

}  // namespace

Image openGif(std::span<const unsigned char> bytes, std::uint32_t first, std::uint32_t count) {
    auto* data = const_cast<unsigned char*>(bytes.data());
    Image plain = openBlob(Blob(vips_blob_new(nullptr, data, bytes.size())), first, count);
    const auto canvas = plain ? readGifCanvas(bytes) : std::nullopt;
    if (!canvas || !canvas->needsRewriting() || !canLead(*canvas)) {
        return plain;
    }
    const auto opened = [&](GifBackground background) {
        return openAfterLeadingFrame(withLeadingFrame(bytes, *canvas, background), first, count);
    };
    const Image image = opened(GifBackground::first);
    const bool isStart = first == 0 && count == 1;  // nothing has been cleared before it
    return isStart || !canvas->showsBackground
               ? image
               : withoutBackground(image, opened(GifBackground::other));
}

}  // namespace private_image
