// Cloudflare's `trim` options, and the trim that they describe together.
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

// Combines the options into `trim`; pixels are multiplied by `dpr`. Returns the error's text, or an
// empty one.
std::string combineTrim(const TrimOptions& options, double dpr, Trim& trim);

}  // namespace private_image::cloudflare
