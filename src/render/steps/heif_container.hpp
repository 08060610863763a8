// Which codecs a HEIF container uses, whatever its brand claims.
#pragma once

#include <cstdint>
#include <span>

namespace private_image {

enum class HeifCodec : std::uint8_t { av1, hevc };

// True if some item is configured for the codec.
bool holdsCodec(std::span<const unsigned char> bytes, HeifCodec codec);

}  // namespace private_image
