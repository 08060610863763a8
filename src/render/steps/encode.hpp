// Pixels to bytes. Knows what each format can hold.
#pragma once

#include <optional>

#include "render/renderer.hpp"
#include "render/steps/image.hpp"

namespace private_image {

// True if the format can hold a frame of this size.
bool canHold(Format format, Size frame);

bool holdsAlpha(Format format);

// With `keepsMetadata` what the image carries is written too; else nothing but pixels. Empty on
// failure.
std::optional<EncodedBytes> encode(const Image& image, Format format, EncoderSettings settings,
                                   bool keepsMetadata);

}  // namespace private_image
