// The size and number of the pictures in an AV1 or HEVC stream, read from its headers as the
// decoder will read them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "render/plan.hpp"

namespace private_image {

struct CodedPicture {
    Size stored;             // in the decoder's memory
    Size visible;            // after the stream's own cropping
    std::size_t frames = 0;  // to decode
    bool isExact = true;     // false: frames choose their sizes, up to `stored`
};

// Units of a stream; real pictures have some dozens at most.
inline constexpr int maxUnits = 65536;

// Reads an AV1 stream: the units of the configuration, then those of the data. Empty if a unit
// cannot be read, if there is no size, or if there are several.
std::optional<CodedPicture> av1Picture(std::string_view stream);

// The same for HEVC, with a length of four bytes before each unit.
std::optional<CodedPicture> hevcPicture(std::string_view stream);

// The units of a decoder configuration ("hvcC"), as hevcPicture() takes them.
std::optional<std::string> hevcConfiguration(std::string_view content);

}  // namespace private_image
