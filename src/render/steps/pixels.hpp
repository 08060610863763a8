// Images computed line by line by a function of ours, when libvips needs them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "render/steps/image.hpp"

namespace private_image {

// A part of one line. `in` holds the source's samples at the same position.
template <typename Sample>
struct Line {
    const VipsPel* in;
    Sample* out;
    int left, y, width;
};

// Called by libvips, so it must not throw.
using LineFunction = std::function<void(const Line<VipsPel>&)>;
using FloatLineFunction = std::function<void(const Line<float>&)>;

// As large as `image`, 8 bits; 1 and 2 bands are grey, 3 and 4 RGB. Copies `metadata`'s metadata
// too.
Image mapLines(const Image& image, int bands, LineFunction function, const Image& metadata = {});

// The same in 16 bits, with as many bands.
using WideLineFunction = std::function<void(const Line<std::uint16_t>&)>;
Image mapWideLines(const Image& image, WideLineFunction function);

// The same without a source.
Image paintLines(Size size, int bands, LineFunction function);

// Two bands of coordinates, for sampledAt(); without a source, or from an image of the same size.
Image indexLines(Size size, FloatLineFunction function);
Image indexLines(const Image& guide, FloatLineFunction function);

// The bands of both images, which must have one size.
Image joined(const Image& first, const Image& second);

// Maps the colour bands through a table; alpha is unchanged.
using Table = std::array<unsigned char, 256>;
Image throughTable(const Image& image, const Table& table);

// Rounds to nearest and clamps to 0 to 255. Runs for every sample of a picture, so it must be
// inlined, which lround() is not.
inline unsigned char sample(double value) {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): only for numbers below zero
    return value <= 0 ? 0 : value >= 255 ? 255 : static_cast<unsigned char>(value + 0.5);
}

// sRGB values with the weights of ITU-R BT.709 for light; the arithmetic of CSS filters.
inline constexpr double redShare = 0.2126, greenShare = 0.7152, blueShare = 0.0722;

inline double luma(double red, double green, double blue) {
    return redShare * red + greenShare * green + blueShare * blue;
}

}  // namespace private_image
