// GLib's parser, a dependency of libvips, ignores namespaces, so prefixes are resolved here.
#include "render/xmp_packet.hpp"

#include <glib.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace private_image {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t maxPacketLength = 256 << 10;
constexpr std::size_t maxBindings = 200;  // each name is looked up among those in scope

enum class About : std::uint8_t { pixels, density, colours, format };

// A name that ends in "*" matches all names with that beginning.
struct Property {
    std::string_view space, name;
    About about = About::pixels;
};

constexpr auto tiff = "http://ns.adobe.com/tiff/1.0/"sv;
constexpr auto exif = "http://ns.adobe.com/exif/1.0/"sv;
constexpr auto exifEx = "http://cipa.jp/exif/1.0/"sv;
constexpr auto photoshop = "http://ns.adobe.com/photoshop/1.0/"sv;
constexpr auto panorama = "http://ns.google.com/photos/1.0/panorama/"sv;
constexpr auto iptcExtension = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"sv;

constexpr Property properties[] = {
    {tiff, "Orientation"},
    {tiff, "ImageWidth"},
    {tiff, "ImageLength"},
    {tiff, "BitsPerSample"},
    {tiff, "Compression"},
    {tiff, "PhotometricInterpretation"},
    {tiff, "SamplesPerPixel"},
    {tiff, "PlanarConfiguration"},
    {tiff, "YCbCrSubSampling"},
    {tiff, "NativeDigest"},
    {tiff, "XResolution", About::density},
    {tiff, "YResolution", About::density},
    {tiff, "ResolutionUnit", About::density},
    {tiff, "TransferFunction", About::colours},
    {tiff, "WhitePoint", About::colours},
    {tiff, "PrimaryChromaticities", About::colours},
    {tiff, "YCbCrCoefficients", About::colours},
    {tiff, "ReferenceBlackWhite", About::colours},
    {exif, "Orientation"},
    {exif, "PixelXDimension"},
    {exif, "PixelYDimension"},
    {exif, "CompressedBitsPerPixel"},
    {exif, "ComponentsConfiguration"},
    {exif, "SubjectArea"},
    {exif, "SubjectLocation"},
    {exif, "NativeDigest"},
    {exif, "ColorSpace", About::colours},
    {exif, "Gamma", About::colours},
    {exifEx, "Gamma", About::colours},
    {exifEx, "InteroperabilityIndex", About::colours},
    {photoshop, "ColorMode", About::colours},
    {photoshop, "ICCProfile", About::colours},
    {"http://purl.org/dc/elements/1.1/", "format", About::format},
    {"http://purl.org/dc/terms/", "provenance"},  // a C2PA manifest in the file
    {"http://ns.adobe.com/xmp/note/", "HasExtendedXMP"},
    {"http://ns.adobe.com/xap/1.0/", "Thumbnails"},
    {"http://ns.adobe.com/xap/1.0/t/pg/", "PageImage"},
    // Positions in the picture.
    {"http://www.metadataworkinggroup.com/schemas/regions/", "*"},
    {"http://ns.microsoft.com/photo/1.2/", "RegionInfo"},
    {"http://ns.apple.com/faceinfo/1.0/", "*"},
    {iptcExtension, "ImageRegion"},
    {panorama, "CroppedArea*"},
    {panorama, "FullPano*"},
    {panorama, "LargestValidInteriorRect*"},
    // Other pictures, videos and sounds in the file.
    {"http://ns.adobe.com/hdr-gain-map/1.0/", "*"},
    {"http://ns.apple.com/HDRGainMap/1.0/", "*"},
    {"http://ns.apple.com/pixeldatainfo/1.0/", "*"},
    {"http://ns.google.com/photos/1.0/container/", "*"},
    {"http://ns.google.com/photos/1.0/container/item/", "*"},
    {"http://ns.google.com/photos/1.0/image/", "*"},
    {"http://ns.google.com/photos/1.0/audio/", "*"},
    {"http://ns.google.com/photos/1.0/depthmap/", "*"},
    {"http://ns.google.com/photos/1.0/focus/", "*"},
    {"http://ns.google.com/photos/1.0/camera/", "SpecialTypeID"},
};

// Namespaces that differ for each camera maker.
constexpr std::string_view anyMakers[] = {"MotionPhoto", "MicroVideo"};

constexpr auto dynamicDepth = "http://ns.google.com/photos/dd/"sv;

bool isChanged(About about, const XmpChanges& changes) {
    switch (about) {
        case About::pixels:
            return true;
        case About::density:
            return changes.density;
        case About::colours:
            return changes.colours;
        case About::format:
            return changes.format;
    }
    return true;
}

bool matches(const Property& property, std::string_view space, std::string_view name) {
    const bool isPrefix = property.name.ends_with('*');
    const std::string_view stem = property.name.substr(0, property.name.size() - isPrefix);
    return property.space == space && (isPrefix ? name.starts_with(stem) : name == stem);
}

bool isStale(std::string_view space, std::string_view name, const XmpChanges& changes) {
    return space.starts_with(dynamicDepth) ||
           std::any_of(std::begin(anyMakers), std::end(anyMakers),
                       [&](std::string_view stem) { return name.starts_with(stem); }) ||
           std::any_of(std::begin(properties), std::end(properties), [&](const Property& property) {
               return matches(property, space, name) && isChanged(property.about, changes);
           });
}

// A parser would read line ends and tabs in an attribute as blanks, and a carriage return as a line
// end, so they are written as numeric references.
std::string escaped(std::string_view text, bool isAttribute) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += isAttribute ? "&quot;" : "\"";
                break;
            case '\n':
                out += isAttribute ? "&#10;" : "\n";
                break;
            case '\t':
                out += isAttribute ? "&#9;" : "\t";
                break;
            case '\r':
                out += "&#13;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

class Filter {
public:
    explicit Filter(const XmpChanges& changes) : changes_(changes) {}

    // Empty if the packet cannot be parsed.
    std::optional<std::string> run(const std::string& packet);

private:
    struct Binding {
        int depth;
        std::string prefix, space;
    };

    void start(std::string_view name, const char** names, const char** values);
    void end(std::string_view name);
    void text(std::string_view text);
    void passThrough(std::string_view text);
    void bind(std::string_view name, std::string_view space);
    bool isStaleName(std::string_view name, bool isElement) const;
    void closeTag();
    void fail() { hasFailed_ = true; }

    // No exception may cross GLib; only std::bad_alloc is possible.
    template <typename Call>
    static void guarded(void* self, GError** error, Call call) {
        auto& filter = *static_cast<Filter*>(self);
        try {
            call(filter);
        } catch (...) {
            filter.fail();
        }
        if (filter.hasFailed_) {
            g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "refused");
        }
    }

    XmpChanges changes_;
    std::string out_;
    std::vector<Binding> bindings_;
    int depth_ = 0;
    int staleDepth_ = 0;      // depth of the element that is being removed; 0: not removing
    bool isTagOpen_ = false;  // the last start tag lacks its ">"
    bool hasRemoved_ = false, hasFailed_ = false;
};

void Filter::closeTag() {
    out_ += isTagOpen_ ? ">" : "";
    isTagOpen_ = false;
}

void Filter::bind(std::string_view name, std::string_view space) {
    constexpr auto declaration = "xmlns"sv;
    if (!name.starts_with(declaration) ||
        (name.size() > declaration.size() && name[declaration.size()] != ':')) {
        return;
    }
    if (bindings_.size() == maxBindings) {
        return fail();
    }
    const std::string_view prefix = name.substr(std::min(declaration.size() + 1, name.size()));
    bindings_.push_back({depth_, std::string(prefix), std::string(space)});
}

// Attributes without a prefix have no namespace.
bool Filter::isStaleName(std::string_view name, bool isElement) const {
    const auto colon = name.find(':');
    const bool hasPrefix = colon != name.npos;
    const std::string_view prefix = hasPrefix ? name.substr(0, colon) : ""sv;
    const std::string_view local = hasPrefix ? name.substr(colon + 1) : name;
    if ((!hasPrefix && !isElement) || prefix == "xmlns") {
        return false;
    }
    const auto found =
        std::find_if(bindings_.rbegin(), bindings_.rend(),
                     [&](const Binding& binding) { return binding.prefix == prefix; });
    return isStale(found == bindings_.rend() ? ""sv : std::string_view(found->space), local,
                   changes_);
}

void Filter::start(std::string_view name, const char** names, const char** values) {
    ++depth_;
    if (staleDepth_ > 0) {
        return;
    }
    for (std::size_t i = 0; names[i] != nullptr; ++i) {
        bind(names[i], values[i]);
    }
    if (isStaleName(name, true)) {
        staleDepth_ = depth_;
        hasRemoved_ = true;
        return;
    }
    closeTag();
    out_.append("<").append(name);
    for (std::size_t i = 0; names[i] != nullptr; ++i) {
        if (isStaleName(names[i], false)) {
            hasRemoved_ = true;
            continue;
        }
        out_.append(" ")
            .append(names[i])
            .append("=\"")
            .append(escaped(values[i], true))
            .append("\"");
    }
    isTagOpen_ = true;
}

void Filter::end(std::string_view name) {
    if (staleDepth_ == 0) {
        if (isTagOpen_) {
            out_ += "/>";
        } else {
            out_.append("</").append(name).append(">");
        }
        isTagOpen_ = false;
    } else if (staleDepth_ == depth_) {
        staleDepth_ = 0;
    }
    std::erase_if(bindings_, [&](const Binding& binding) { return binding.depth == depth_; });
    --depth_;
}

void Filter::text(std::string_view text) {
    if (staleDepth_ == 0) {
        closeTag();
        out_ += escaped(text, false);
    }
}

// Comments and processing instructions. An encoding that a declaration names may not be UTF-8's.
void Filter::passThrough(std::string_view text) {
    if (text.starts_with("<!DOCTYPE")) {
        return fail();
    }
    if (staleDepth_ == 0 && !text.starts_with("<?xml ")) {
        closeTag();
        out_ += text;
    }
}

std::optional<std::string> Filter::run(const std::string& packet) {
    const GMarkupParser calls = {
        [](GMarkupParseContext*, const char* name, const char** names, const char** values,
           void* self, GError** error) {
            guarded(self, error, [&](Filter& filter) { filter.start(name, names, values); });
        },
        [](GMarkupParseContext*, const char* name, void* self, GError** error) {
            guarded(self, error, [&](Filter& filter) { filter.end(name); });
        },
        [](GMarkupParseContext*, const char* text, gsize length, void* self, GError** error) {
            guarded(self, error, [&](Filter& filter) { filter.text({text, length}); });
        },
        [](GMarkupParseContext*, const char* text, gsize length, void* self, GError** error) {
            guarded(self, error, [&](Filter& filter) { filter.passThrough({text, length}); });
        },
        nullptr};
    GMarkupParseContext* context =
        g_markup_parse_context_new(&calls, G_MARKUP_TREAT_CDATA_AS_TEXT, this, nullptr);
    const bool isRead = g_markup_parse_context_parse(context, packet.data(),
                                                     static_cast<gssize>(packet.size()), nullptr) &&
                        g_markup_parse_context_end_parse(context, nullptr);
    g_markup_parse_context_free(context);
    if (!isRead || hasFailed_) {
        return std::nullopt;
    }
    return hasRemoved_ ? std::move(out_) : packet;
}

// ISO 16684-1, 7.3.2: a packet may be in UTF-16; its first character is "<" or a byte order mark.
std::optional<std::string> inUtf8(std::string_view packet) {
    const bool isBigEndian = packet.starts_with("\xFE\xFF"sv) || packet.starts_with("\0<"sv);
    if (!isBigEndian && !packet.starts_with("\xFF\xFE"sv) && !packet.starts_with("<\0"sv)) {
        constexpr auto mark = "\xEF\xBB\xBF"sv;
        return std::string(packet.substr(packet.starts_with(mark) ? mark.size() : 0));
    }
    std::vector<gunichar2> units;
    for (std::size_t i = 0; i + 1 < packet.size(); i += 2) {
        const auto first = static_cast<unsigned char>(packet[i]);
        const auto second = static_cast<unsigned char>(packet[i + 1]);
        const int unit = isBigEndian ? first << 8 | second : second << 8 | first;
        if (i > 0 || unit != 0xFEFF) {
            units.push_back(static_cast<gunichar2>(unit));
        }
    }
    glong length = 0;
    char* text =
        g_utf16_to_utf8(units.data(), static_cast<glong>(units.size()), nullptr, &length, nullptr);
    if (text == nullptr) {
        return std::nullopt;
    }
    std::string converted(text, static_cast<std::size_t>(length));
    g_free(text);
    return converted;
}

}  // namespace

std::string xmpOfResult(std::string_view packet, const XmpChanges& changes) {
    if (packet.size() > maxPacketLength) {
        return {};
    }
    auto text = inUtf8(packet);
    if (!text) {
        return {};
    }
    text->erase(text->find_last_not_of('\0') + 1);  // some writers pad their segment with NUL bytes
    const auto kept = Filter(changes).run(*text);
    return kept && kept->size() <= maxXmpLength ? *kept : std::string();
}

}  // namespace private_image
