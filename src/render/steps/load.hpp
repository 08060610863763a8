// Opens encoded bytes with the one decoder their type asks for. libvips is never left to guess.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// What the header says, before a pixel is decoded.
struct SourceHeader {
    Size stored;               // of one frame, as stored
    int orientation = 1;       // EXIF, 1 to 8
    std::uint32_t frames = 1;  // of an animation; pages of a document do not count
    bool isProgressive = false;
    bool hasAlpha = false;
};

struct LoadOptions {
    int shrink = 1;            // JPEG: 1, 2, 4 or 8
    double scale = 1;          // WebP, SVG
    std::uint32_t frames = 1;  // GIF, WebP
};

// Reads the header; pixels follow when they are asked for, top to bottom, once. `bytes` must
// outlive the image. Empty on failure.
Image openSource(SourceType type, std::span<const unsigned char> bytes, LoadOptions options = {});

SourceHeader readHeader(const Image& image, SourceType type);

// The decoder's own way to a smaller (for SVG also larger) image that still covers `needed` in both
// axes, `needed` being in the stored orientation. Default where there is none.
LoadOptions shrinkOnLoad(SourceType type, const SourceHeader& header, Size needed,
                         std::uint32_t frames);

}  // namespace private_image
