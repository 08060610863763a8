// Kinds of files that are valid, but that the decoders here do not support. Used only after
// decoding has failed, since a newer library may support more.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

// Returns the kind of file, such as "a JPEG of more than 8 bits"; empty for supported kinds, whose
// failure means damage. `page`: of a TIFF, from 0.
std::string_view unreadableKind(SourceType type, std::span<const unsigned char> bytes,
                                std::uint32_t page);

}  // namespace private_image
