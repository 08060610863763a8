// Opens encoded bytes with the one decoder for their type, never with libvips' guess.
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

// The contents of a header, before any pixel is decoded.
struct SourceHeader {
    Size stored;                    // of one frame, as stored
    int orientation = 1;            // EXIF, 1 to 8
    std::uint32_t frames = 1;       // of an animation; pages of a document do not count
    std::uint32_t pages = 1;        // or frames
    std::uint32_t primaryPage = 0;  // of AVIF and HEIC; 0 of others
    bool isProgressive = false;
    bool hasAlpha = false;
    std::vector<Sampling> sampling;  // of a JPEG's components; empty if unknown
};

struct LoadOptions {
    int shrink = 1;            // JPEG: 1, 2, 4 or 8
    double scale = 1;          // WebP, SVG
    std::uint32_t frames = 1;  // GIF, WebP
    // Page or frame. Empty: the first; for AVIF and HEIC the primary item.
    std::optional<std::uint32_t> first = {};
    bool failsOnWarning = false;  // JPEG: warnings of the decoder count as failures
};

// Reads the header; pixels are decoded later, top to bottom, once. `bytes` must outlive the image.
// Empty on failure.
Image openSource(SourceType type, std::span<const unsigned char> bytes, LoadOptions options = {});

// `bytes` must be those that `image` was opened from.
SourceHeader readHeader(const Image& image, SourceType type, std::span<const unsigned char> bytes);

// The decoder options for a smaller (for SVG also larger) image whose `part` still covers `needed`
// in both axes; both in the stored orientation. Equal to `asIs` if the decoder cannot scale.
LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Rectangle part, Size needed,
                         LoadOptions asIs);

// Maps `part` of the stored image to an image of size `loaded` that was opened with `options`. Uses
// the exact factor: a JPEG's decoder drops the rest of a block of `shrink` pixels.
Area loadedPart(Rectangle part, Size stored, LoadOptions options, Size loaded);

}  // namespace private_image
