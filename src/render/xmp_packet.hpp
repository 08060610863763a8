// XMP of a source, corrected for a result (ISO 16684-1: RDF in XML).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace private_image {

// The XMP that fits into a JPEG segment of 65533 bytes after its name.
inline constexpr std::size_t maxXmpLength = 65502;

// Which properties are not true of a result, in addition to those that never are.
struct XmpChanges {
    bool density = false;  // the request set it
    bool colours = true;   // converted from the source's colour space
    bool format = false;   // the source was not a JPEG
};

// Removes the properties of `packet` that are no longer true: orientation, size and layout of the
// source's pixels, positions in them, and announcements of parts that the result does not have
// (thumbnails, gain maps, depth maps, videos, a longer packet). Properties are recognised by
// namespace and name, whatever the prefix, as attributes and as elements. Other text keeps its
// bytes if nothing is removed, else its meaning. UTF-16 becomes UTF-8, as JPEG requires. Empty if
// the packet is not well-formed, has a DOCTYPE or is too long.
std::string xmpOfResult(std::string_view packet, const XmpChanges& changes);

}  // namespace private_image
