// libvips requests regions, which are passed to the function line by line. The function, and the
// image it reads, live exactly as long as the image they make.
#include "render/steps/pixels.hpp"

#include <utility>
#include <vector>

namespace private_image {

namespace {

template <typename Sample>
struct Generator {
    Image source;  // empty for images without a source
    std::function<void(const Line<Sample>&)> function;
    Image metadata{};  // its metadata is copied to the result; may be empty
};

template <typename Sample>
int generate(VipsRegion* out, void* sequence, void*, void* closure, gboolean*) {
    const auto& generator = *static_cast<const Generator<Sample>*>(closure);
    auto* in = static_cast<VipsRegion*>(sequence);
    const VipsRect area = out->valid;
    if (in != nullptr && vips_region_prepare(in, &area) != 0) {
        return -1;
    }
    for (int y = area.top; y < area.top + area.height; ++y) {
        const VipsPel* from = in != nullptr ? VIPS_REGION_ADDR(in, area.left, y) : nullptr;
        auto* to = reinterpret_cast<Sample*>(VIPS_REGION_ADDR(out, area.left, y));
        generator.function({from, to, area.left, y, area.width});
    }
    return 0;
}

VipsInterpretation meaningOf(int bands) {
    return bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
}

struct Shape {
    Size size;
    int bands;
    VipsBandFormat format;
    VipsInterpretation meaning;
};

template <typename Sample>
Image generated(Shape shape, Generator<Sample> made) {
    const Image out(vips_image_new());
    auto* generator = new Generator<Sample>(std::move(made));
    // Freed with the image, also if a later call fails.
    g_object_set_data_full(G_OBJECT(out.get()), "private_image.generator", generator,
                           [](gpointer data) { delete static_cast<Generator<Sample>*>(data); });
    vips_image_init_fields(out.get(), int(shape.size.width), int(shape.size.height), shape.bands,
                           shape.format, VIPS_CODING_NONE, shape.meaning, 1, 1);
    VipsImage* source = generator->source.get();
    if (vips_image_pipelinev(out.get(), VIPS_DEMAND_STYLE_THINSTRIP, source,
                             generator->metadata.get(), static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    // The pipeline copied the source's shape along with its metadata.
    out.get()->Bands = shape.bands;
    out.get()->BandFmt = shape.format;
    out.get()->Type = shape.meaning;
    const bool reads = source != nullptr;
    const int failed =
        vips_image_generate(out.get(), reads ? vips_start_one : nullptr, generate<Sample>,
                            reads ? vips_stop_one : nullptr, source, generator);
    return failed == 0 ? out : Image();
}

}  // namespace

Image mapLines(const Image& image, int bands, LineFunction function, const Image& metadata) {
    if (!image) {
        return {};
    }
    return generated<VipsPel>({image.size(), bands, VIPS_FORMAT_UCHAR, meaningOf(bands)},
                              {image, std::move(function), metadata});
}

Image mapWideLines(const Image& image, WideLineFunction function) {
    if (!image) {
        return {};
    }
    const int bands = image.bands();
    return generated<std::uint16_t>({image.size(), bands, VIPS_FORMAT_USHORT, meaningOf(bands)},
                                    {image, std::move(function)});
}

Image paintLines(Size size, int bands, LineFunction function) {
    return generated<VipsPel>({size, bands, VIPS_FORMAT_UCHAR, meaningOf(bands)},
                              {{}, std::move(function)});
}

Image indexLines(Size size, FloatLineFunction function) {
    return generated<float>({size, 2, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_MULTIBAND},
                            {{}, std::move(function)});
}

Image indexLines(const Image& guide, FloatLineFunction function) {
    if (!guide) {
        return {};
    }
    return generated<float>({guide.size(), 2, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_MULTIBAND},
                            {guide, std::move(function)});
}

Image joined(const Image& first, const Image& second) {
    VipsImage* out = nullptr;
    if (!first || !second ||
        vips_bandjoin2(first.get(), second.get(), &out, static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return Image(out);
}

Image throughTable(const Image& image, const Table& table) {
    if (!image) {
        return {};
    }
    const auto bands = static_cast<std::size_t>(image.bands());
    const std::size_t colours = image.hasAlpha() ? bands - 1 : bands;
    std::vector<VipsPel> tables(table.size() * bands);
    for (std::size_t value = 0; value < table.size(); ++value) {
        for (std::size_t band = 0; band < bands; ++band) {
            tables[value * bands + band] = band < colours ? table[value] : VipsPel(value);
        }
    }
    const Image lookup(vips_image_new_from_memory_copy(
        tables.data(), tables.size(), int(table.size()), 1, image.bands(), VIPS_FORMAT_UCHAR));
    return lookup ? apply(vips_maplut, image, lookup.get()) : Image();
}

}  // namespace private_image
