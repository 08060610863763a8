// Opens encoded bytes with the one decoder their type asks for. libvips is never left to guess.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "render/jpeg_sampling.hpp"
#include "render/steps/image.hpp"
#include "render/steps/resample.hpp"
#include "transform/transform.hpp"

namespace private_image {

// What the header says, before a pixel is decoded.
struct SourceHeader {
    Size stored;                    // of one frame, as stored
    int orientation = 1;            // EXIF, 1 to 8
    std::uint32_t frames = 1;       // of an animation; pages of a document do not count
    std::uint32_t pages = 1;        // or frames
    std::uint32_t primaryPage = 0;  // of AVIF and HEIC; 0 of others
    bool isProgressive = false;
    bool hasAlpha = false;
    std::vector<Sampling> sampling;  // of a JPEG's components; empty where not known
};

struct LoadOptions {
    int shrink = 1;            // JPEG: 1, 2, 4 or 8
    double scale = 1;          // WebP, SVG
    std::uint32_t frames = 1;  // GIF, WebP
    // Page or frame. Empty: the first, but of AVIF and HEIC the primary item.
    std::optional<std::uint32_t> first = {};
    bool failsOnWarning = false;  // JPEG: what its decoder only warns of is a failure as well
};

// Reads the header; pixels follow when they are asked for, top to bottom, once. `bytes` must
// outlive the image. Empty on failure.
Image openSource(SourceType type, std::span<const unsigned char> bytes, LoadOptions options = {});

// `bytes` are those that `image` was opened from.
SourceHeader readHeader(const Image& image, SourceType type, std::span<const unsigned char> bytes);

// The decoder's own way to a smaller (for SVG also larger) image whose `part` still covers `needed`
// in both axes; both in the stored orientation. As `asIs` where there is none.
LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Rectangle part, Size needed,
                         LoadOptions asIs);

// Where `part` of the stored image lies in one of size `loaded` that was opened with `options`. By
// the true factor: a JPEG's decoder drops what is left of a block of `shrink` pixels.
Area loadedPart(Rectangle part, Size stored, LoadOptions options, Size loaded);

}  // namespace private_image
