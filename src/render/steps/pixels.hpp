// Images computed line by line from a function of ours, when and where somebody asks for them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "render/steps/image.hpp"

namespace private_image {

// A stretch of one line. `in` holds the source's samples at the same place.
template <typename Sample>
struct Line {
    const VipsPel* in;
    Sample* out;
    int left, y, width;
};

// Called from libvips: must not throw.
using LineFunction = std::function<void(const Line<VipsPel>&)>;
using FloatLineFunction = std::function<void(const Line<float>&)>;

// As large as `image`, 8 bits; 1 and 2 bands are grey, 3 and 4 RGB. `dress` adds its metadata.
Image mapLines(const Image& image, int bands, LineFunction function, const Image& dress = {});

// The same bands in 16 bits.
using WideLineFunction = std::function<void(const Line<std::uint16_t>&)>;
Image mapWideLines(const Image& image, WideLineFunction function);

// The same out of nothing.
Image paintLines(Size size, int bands, LineFunction function);

// Two bands of coordinates, for sampledAt(); out of nothing, or from an image of the same size.
Image indexLines(Size size, FloatLineFunction function);
Image indexLines(const Image& guide, FloatLineFunction function);

// Both images' bands; they are of one size.
Image joined(const Image& first, const Image& second);

// The colour bands through a table, alpha as it is.
using Table = std::array<unsigned char, 256>;
Image throughTable(const Image& image, const Table& table);

// 0 to 255, to nearest; of every sample of a picture, so that it should be no call, as lround() is.
inline unsigned char sample(double value) {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): they are those of numbers below zero
    return value <= 0 ? 0 : value >= 255 ? 255 : static_cast<unsigned char>(value + 0.5);
}

// sRGB values weighted as ITU-R BT.709 weights light; plain arithmetic, as CSS filters do it.
inline constexpr double redShare = 0.2126, greenShare = 0.7152, blueShare = 0.0722;

inline double luma(double red, double green, double blue) {
    return redShare * red + greenShare * green + blueShare * blue;
}

}  // namespace private_image
