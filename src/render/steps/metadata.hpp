// Which of the source's words about an image travel with the result. Never its thumbnail, which
// shows what was cut away; its colour profile only where the pixels were left in it.
#pragma once

#include <string>

#include "render/exif_block.hpp"
#include "render/steps/image.hpp"
#include "render/xmp_packet.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image` without any field. Encoders are not trusted to strip: libvips' own "strip" leaves EXIF
// and XMP in WebP.
Image withoutMetadata(const Image& image);

// `image` with the XMP and IPTC of `original`, as far as they are true of the result.
Image withTexts(const Image& image, const Image& original, const XmpChanges& changes);

// What `wish` keeps of the EXIF of `original`: a TIFF structure, empty for none. It is written by
// withSegments(), not by libvips.
std::string exifOf(const Image& original, Metadata wish, const ExifTruth& truth);

// `image` with the colour profile of `original`.
Image withProfile(const Image& image, const Image& original);

// `image` with a density tag.
Image withDensity(const Image& image, double dotsPerInch);

}  // namespace private_image
