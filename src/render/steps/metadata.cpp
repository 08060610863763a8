// Removes all metadata, then restores the requested fields, so that fields added by future decoders
// do not leak.
#include "render/steps/metadata.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "render/photoshop_resources.hpp"

namespace private_image {

namespace {

void* collectName(VipsImage*, const char* name, GValue*, void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return nullptr;
}

void removeEverything(const Image& image) {
    std::vector<std::string> names;
    vips_image_map(image.get(), collectName, &names);
    for (const std::string& name : names) {
        // libvips refuses to remove fields of the header itself, such as the width.
        vips_image_remove(image.get(), name.c_str());
    }
}

std::string_view blobOf(const Image& image, const char* field) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(image.get(), field) != VIPS_TYPE_BLOB ||
        vips_image_get_blob(image.get(), field, &data, &size) != 0) {
        return {};
    }
    return {static_cast<const char*>(data), size};
}

void setBlob(const Image& image, const char* field, std::string_view content) {
    if (!content.empty()) {
        vips_image_set_blob_copy(image.get(), field, content.data(), content.size());
    }
}

}  // namespace

Image withoutMetadata(const Image& image) {
    Image bare = apply(vips_copy, image);
    if (bare) {
        removeEverything(bare);
    }
    return bare;
}

Image withTexts(const Image& image, const Image& original, const XmpChanges& changes) {
    Image copy = apply(vips_copy, image);
    if (copy) {
        setBlob(copy, VIPS_META_XMP_NAME,
                xmpOfResult(blobOf(original, VIPS_META_XMP_NAME), changes));
        setBlob(copy, VIPS_META_IPTC_NAME,
                resourcesOfResult(blobOf(original, VIPS_META_IPTC_NAME)));
    }
    return copy;
}

std::string exifOf(const Image& original, Metadata kept, const ExifFacts& facts) {
    const std::string_view exif = blobOf(original, VIPS_META_EXIF_NAME);
    switch (kept) {
        case Metadata::none:
            return {};
        case Metadata::copyright:
            return exifCopyright(exif);
        case Metadata::keep:
            return exifOfResult(exif, facts);
    }
    return {};
}

Image withProfile(const Image& image, const Image& original) {
    Image copy = apply(vips_copy, image);
    if (copy) {
        setBlob(copy, VIPS_META_ICC_NAME, blobOf(original, VIPS_META_ICC_NAME));
    }
    return copy;
}

Image withDensity(const Image& image, double dotsPerInch) {
    constexpr double millimetresPerInch = 25.4;
    const double perMillimetre = dotsPerInch / millimetresPerInch;
    Image copy = apply(vips_copy, image, "xres", perMillimetre, "yres", perMillimetre);
    if (copy) {
        vips_image_set_string(copy.get(), VIPS_META_RESOLUTION_UNIT, "in");
    }
    return copy;
}

}  // namespace private_image
