// The options of private_image_watermark.
#pragma once

#include <string>
#include <string_view>

namespace private_image {

struct Watermark;

// Sets what one option says: gravity=, opacity=, scale=, margin= or tile. Returns what to write
// instead; empty if the option is valid.
std::string readWatermarkOption(std::string_view option, Watermark& watermark);

}  // namespace private_image
