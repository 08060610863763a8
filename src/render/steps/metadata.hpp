// Which metadata of the source the result keeps. Never its thumbnail, which shows areas that were
// cut away; its colour profile only if the pixels are still in it.
#pragma once

#include <string>

#include "render/exif_block.hpp"
#include "render/steps/image.hpp"
#include "render/xmp_packet.hpp"
#include "transform/transform.hpp"

namespace private_image {

// `image` without any field. libvips' own "strip" is not enough: it leaves EXIF and XMP in WebP.
Image withoutMetadata(const Image& image);

// `image` with those parts of the XMP and IPTC of `original` that are true of the result.
Image withTexts(const Image& image, const Image& original, const XmpChanges& changes);

// The part of the EXIF of `original` that `kept` names: a TIFF structure, or empty. withSegments()
// writes it, not libvips.
std::string exifOf(const Image& original, Metadata kept, const ExifFacts& facts);

// `image` with the colour profile of `original`.
Image withProfile(const Image& image, const Image& original);

// `image` with a density tag.
Image withDensity(const Image& image, double dotsPerInch);

}  // namespace private_image
