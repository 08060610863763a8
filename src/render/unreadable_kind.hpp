// Kinds of files that are whole and correct, but that no decoder here reads. Asked only where
// decoding has failed: a newer library may read more. Decodes nothing, allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// What kind of file that is, such as "a JPEG of 12 bits"; empty for what the decoders read, where a
// failure means damage. `page` is that of a TIFF, from 0.
std::string_view unreadableKind(SourceType type, std::span<const unsigned char> bytes,
                                std::uint32_t page);

}  // namespace private_image
