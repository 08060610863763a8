// Text as an image of its own: wrapped, aligned, padded, on its background.
// Interprets no markup and opens no file but those that fontconfig lists.
#pragma once

#include <cstdint>

#include "render/steps/image.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Where none is named, or none of that name is installed; of Debian's fonts-dejavu-core.
inline constexpr const char* defaultFont = "DejaVu Sans";

// No side of a text may be longer.
inline constexpr std::uint32_t maxTextSide = 16383;

enum class TextProblem : std::uint8_t {
    badSize,   // a formula without a value, or out of bounds
    tooLarge,  // beyond maxTextSide or the pixels allowed
    failed,    // not valid UTF-8, or libvips refused
};

// RGB with alpha, as wide as the text's width where it has one, and padding around that.
struct TextResult {
    Image image;
    TextProblem problem = TextProblem::failed;  // where image is empty
};
TextResult renderText(const Text& text, const ImageSizes& sizes, std::uint64_t maxPixels);

}  // namespace private_image
