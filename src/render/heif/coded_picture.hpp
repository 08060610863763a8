// How large a coded stream's pictures are, and how many: read off its headers, as the decoder will
// meet them. Decodes nothing; knows no container.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "render/plan.hpp"

namespace private_image {

struct CodedPicture {
    Size stored;             // what a decoder holds
    Size visible;            // what it hands out
    std::size_t frames = 0;  // that it decodes for that
    bool isExact = true;     // else frames choose their sizes, up to `stored`
};

// Units of a stream that are followed; pictures have some dozens at most.
inline constexpr int maxUnits = 65536;

// All units of an AV1 stream, those of its configuration first. Empty where they cannot be
// followed, or tell no size, or several.
std::optional<CodedPicture> av1Picture(std::string_view stream);

// The same of HEVC, each unit behind its length of four bytes.
std::optional<CodedPicture> hevcPicture(std::string_view stream);

// The units of a decoder configuration ("hvcC"), in the form that hevcPicture takes.
std::optional<std::string> hevcConfiguration(std::string_view content);

}  // namespace private_image
