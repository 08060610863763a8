// Encodes pixels with the settings of each format's encoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "render/renderer.hpp"
#include "render/steps/image.hpp"

namespace private_image {

// The settings of the location and of the request, combined.
struct EncodeOptions {
    EncoderSettings settings;
    bool lossless = false;
    bool isProgressive = false;  // JPEG, PNG
    bool isFast = false;
    bool palette = false;       // PNG
    bool keepsFields = false;   // writes the image's metadata too
    std::string exif;           // for a JPEG, the only EXIF that is written; see withSegments()
    bool keepsProfile = false;  // writes the image's colour profile too
    std::optional<std::uint16_t> density;  // dots per inch
};

// Combines `wishes` with a location's settings for a result of this size. From `chromaQuality` on,
// colour keeps its full resolution if the format has a choice.
inline constexpr std::uint8_t chromaQuality = 90;
EncodeOptions encodeOptions(Format format, EncoderSettings settings, const Encoding& wishes,
                            Size size);

// Empty on failure.
std::optional<EncodedBytes> encode(const Image& image, Format format, const EncodeOptions& options);

// A copy in memory of libvips. Empty if out of memory.
std::optional<EncodedBytes> bytesOf(std::string_view text);

}  // namespace private_image
