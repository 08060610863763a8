// XMP of a source, made true of a result (ISO 16684-1: RDF in XML).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace private_image {

// A JPEG segment of 65533 bytes holds this much XMP behind its name.
inline constexpr std::size_t maxXmpLength = 65502;

// What is no longer true of a result, beside what never is.
struct XmpChanges {
    bool density = false;  // it was asked for
    bool colours = true;   // converted from the source's colour space
    bool format = false;   // the source was no JPEG
};

// `packet` without the properties that are no longer true: orientation, size and layout of the
// source's pixels, places in its pixels, and what announces parts of its file that the result does
// not have (thumbnails, gain maps, depth maps, videos, a longer packet). Properties are recognised
// by namespace and name, whatever the prefix, as attributes and as elements. All other text keeps
// its bytes if nothing is removed, else its meaning. UTF-16 becomes UTF-8, as JPEG wants it. Empty
// where the packet is not well-formed, has a DOCTYPE or is too long.
std::string xmpOfResult(std::string_view packet, const XmpChanges& changes);

}  // namespace private_image
