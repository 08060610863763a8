// Pixels to bytes. Knows how each format's encoder is asked.
#pragma once

#include <optional>

#include "render/renderer.hpp"
#include "render/steps/image.hpp"

namespace private_image {

// The location's and the request's wishes as one.
struct EncodeOptions {
    EncoderSettings settings;
    bool lossless = false;
    bool isProgressive = false;  // JPEG, PNG
    bool isFast = false;
    bool palette = false;       // PNG
    bool keepsFields = false;   // what the image carries is written too; else nothing but pixels
    bool keepsProfile = false;  // the profile that the image carries is
    bool tagsDensity = false;
};

// What `wishes` make of a location's settings. From `chromaQuality` on, colour keeps its full
// resolution where the format has a choice.
inline constexpr std::uint8_t chromaQuality = 90;
EncodeOptions encodeOptions(Format format, EncoderSettings settings, const Encoding& wishes);

// Empty on failure.
std::optional<EncodedBytes> encode(const Image& image, Format format, EncodeOptions options);

}  // namespace private_image
