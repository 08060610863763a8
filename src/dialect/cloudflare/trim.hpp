// Cloudflare's options around `trim`, and the one trim that they make together. How each value is
// written is left to others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "transform/transform.hpp"

namespace private_image::cloudflare {

struct TrimOptions {
    std::optional<Trim> sides;                       // trim=top;right;bottom;left
    std::optional<Length> left, top, width, height;  // trim.left ...
    bool isBorder = false;                           // trim=border
    std::optional<Colour> borderColour;              // trim.border.color ...
    std::optional<double> borderTolerance;
    std::optional<std::uint32_t> borderKeep;
};

// What the options come to, pixels multiplied by `dpr`. The answer is the error's text, empty if
// there is none.
std::string settleTrim(const TrimOptions& options, double dpr, Trim& trim);

}  // namespace private_image::cloudflare
