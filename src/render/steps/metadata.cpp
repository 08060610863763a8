// Everything goes first, then what is wanted comes back: a field that a decoder invents tomorrow
// does not leak.
#include "render/steps/metadata.hpp"

#include <string>
#include <vector>

namespace private_image {

namespace {

constexpr const char* copyrightFields[] = {"exif-ifd0-Copyright", "exif-ifd0-Artist"};
constexpr const char* keptBlobs[] = {VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME};

void* noteField(VipsImage*, const char* name, GValue*, void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return nullptr;
}

void removeEverything(const Image& image) {
    std::vector<std::string> names;
    vips_image_map(image.get(), noteField, &names);
    for (const std::string& name : names) {
        // Fields of the header itself, such as the width, stay; libvips refuses to remove them.
        vips_image_remove(image.get(), name.c_str());
    }
}

// No longer text is kept; it also bounds the search below.
constexpr std::size_t longestText = 4096;

// libvips shows a text field as "TEXT (TEXT, ASCII, 5 components, 5 bytes)", where the second TEXT
// may have libexif's remarks behind it: what stands before the last " (" that repeats it is TEXT.
std::string plainText(std::string_view shown) {
    shown = shown.substr(0, longestText);
    for (auto at = shown.rfind(" ("); at != shown.npos && at > 0; at = shown.rfind(" (", at - 1)) {
        if (shown.substr(at + 2).starts_with(shown.substr(0, at))) {
            return std::string(shown.substr(0, at));
        }
    }
    return std::string(shown);
}

void copyText(const Image& to, const Image& from, const char* field) {
    const char* shown = nullptr;
    if (vips_image_get_typeof(from.get(), field) == VIPS_TYPE_REF_STRING &&
        vips_image_get_string(from.get(), field, &shown) == 0) {
        // On saving, libvips drops what stands in the last parentheses.
        const std::string text = plainText(shown) + " (, ASCII, 0 components, 0 bytes)";
        vips_image_set_string(to.get(), field, text.c_str());
    }
}

void copyBlob(const Image& to, const Image& from, const char* field) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(from.get(), field) == VIPS_TYPE_BLOB &&
        vips_image_get_blob(from.get(), field, &data, &size) == 0) {
        vips_image_set_blob_copy(to.get(), field, data, size);
    }
}

}  // namespace

Image withMetadata(const Image& image, const Image& original, Metadata wish) {
    Image bare = apply(vips_copy, image);
    if (!bare) {
        return {};
    }
    removeEverything(bare);
    if (wish == Metadata::copyright) {
        for (const char* field : copyrightFields) {
            copyText(bare, original, field);
        }
    } else if (wish == Metadata::keep) {
        for (const char* field : keptBlobs) {
            copyBlob(bare, original, field);
        }
        vips_image_remove(bare.get(), "jpeg-thumbnail-data");
        vips_image_set_int(bare.get(), VIPS_META_ORIENTATION, 1);
    }
    return bare;
}

Image withProfile(const Image& image, const Image& original) {
    Image copy = apply(vips_copy, image);
    if (copy) {
        copyBlob(copy, original, VIPS_META_ICC_NAME);
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
