// Pixels to bytes. Knows how each format's encoder is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
    std::string exif;           // of a JPEG, the only EXIF that is written; see withSegments()
    bool keepsProfile = false;  // the profile that the image carries is
    std::optional<std::uint16_t> density;  // dots per inch
};

// What `wishes` make of a location's settings for a result of this size. From `chromaQuality` on,
// colour keeps its full resolution where the format has a choice.
inline constexpr std::uint8_t chromaQuality = 90;
EncodeOptions encodeOptions(Format format, EncoderSettings settings, const Encoding& wishes,
                            Size size);

// Empty on failure.
std::optional<EncodedBytes> encode(const Image& image, Format format, const EncodeOptions& options);

// A copy in memory of libvips' kind. Empty where memory is lacking.
std::optional<EncodedBytes> bytesOf(std::string_view text);

}  // namespace private_image
