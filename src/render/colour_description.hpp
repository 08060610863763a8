// Colours that a source describes by numbers instead of an ICC profile: in chunks of PNG, in "nclx"
// of AVIF and HEIC. Precedence and interpretation are those of Chromium 156 for the same files.
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

// Empty if nothing is described or the description is not applied: with a profile, which overrides
// all but PNG's cICP; for PQ and HLG; with invalid or reserved numbers. `page`: as in LoadOptions.
std::optional<ColourDescription> describedColours(SourceType type, std::string_view bytes,
                                                  std::optional<std::uint32_t> page,
                                                  bool hasProfile);

}  // namespace private_image
