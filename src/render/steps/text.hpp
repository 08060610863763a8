// Text as an image: wrapped, aligned, padded, on its background. Interprets no markup and opens no
// files except those that fontconfig lists.
#pragma once

#include <cstdint>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// The font if none is named, or if the named one is not installed; from Debian's fonts-dejavu-core.
inline constexpr const char* defaultFont = "DejaVu Sans";

// The longest side of a text, in pixels.
inline constexpr std::uint32_t maxTextSide = 16383;

enum class TextProblem : std::uint8_t {
    badSize,   // a formula without a value, or out of range
    tooLarge,  // beyond maxTextSide or the limit of pixels
    failed,    // not valid UTF-8, or refused by libvips
};

// RGB with alpha, as wide as the text's width, if given, and padding around that.
struct TextResult {
    Image image;
    TextProblem problem = TextProblem::failed;  // if image is empty
};
TextResult renderText(const Text& text, const ImageSizes& sizes, std::uint64_t maxPixels);

}  // namespace private_image
