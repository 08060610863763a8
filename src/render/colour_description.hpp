// Colours that a source describes by numbers instead of an ICC profile: in chunks of PNG, in "nclx"
// of AVIF and HEIC. What counts, and how, is what Chromium 156 does with the same files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "transform/transform.hpp"

namespace private_image {

struct Chromaticity {
    double x = 0, y = 0;  // CIE 1931
};

struct Primaries {
    Chromaticity red, green, blue, white;
};

// Light of a sample `v`, both 0 to 1: (scale * v + offset) ^ exponent from `threshold` on,
// slope * v below.
struct TransferCurve {
    double exponent = 1, scale = 1, offset = 0, slope = 0, threshold = 0;
    bool operator==(const TransferCurve&) const = default;
    double lightOf(double sample) const;
    double sampleOf(double light) const;
};

inline constexpr TransferCurve srgbCurve{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};

struct ColourDescription {
    Primaries primaries;
    TransferCurve curve;
    bool isSrgb() const;
};

// Empty where nothing is described, or where it is not applied: with a profile, which counts more
// than all but PNG's cICP; for PQ and HLG; where numbers are invalid or reserved. `page` is that of
// LoadOptions.
std::optional<ColourDescription> describedColours(SourceType type, std::string_view bytes,
                                                  std::optional<std::uint32_t> page,
                                                  bool hasProfile);

}  // namespace private_image
