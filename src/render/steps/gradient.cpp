// Colours along the line are computed once, then looked up for each pixel.
#include "render/steps/gradient.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "render/steps/colour_management.hpp"
#include "render/steps/paint.hpp"
#include "render/steps/pixels.hpp"

namespace private_image {

namespace {

// More than a line of 8-bit colours can show.
constexpr int shades = 1024;

// The position of a point along the line: `origin` at the image's top left, growing by `perColumn`
// and `perRow`; 0 is the start of the line, 1 the second colour.
struct Slope {
    double origin, perColumn, perRow;
};

Slope slopeOf(Size size, double degrees, double stop) {
    const double angle = degrees * std::numbers::pi / 180;
    const double across = std::sin(angle);
    const double down = -std::cos(angle);
    const double length = size.width * std::abs(across) + size.height * std::abs(down);
    const double reach = std::max(stop <= 1 ? stop * length : stop, 1e-6);
    const double before = length / 2 - (size.width * across + size.height * down) / 2;
    return {before / reach, across / reach, down / reach};
}

}  // namespace

Image layGradient(const Image& image, const Gradient& gradient, double stop) {
    const bool isGrey = isGreyTone(gradient.from) && isGreyTone(gradient.to);
    const Image base = isGrey ? image : withColour(image);
    if (!base) {
        return {};
    }
    std::array<Paint, shades + 1> line;
    for (std::size_t i = 0; i < line.size(); ++i) {
        line[i] = between(paintOf(gradient.from), paintOf(gradient.to), double(i) / shades);
    }
    const Slope slope = slopeOf(base.size(), gradient.degrees, stop);
    const int bands = base.bands();
    return mapLines(base, bands, [=](const Line<VipsPel>& at) {
        const VipsPel* in = at.in;
        VipsPel* out = at.out;
        const double row = slope.origin + (at.y + 0.5) * slope.perRow;
        for (int x = 0; x < at.width; ++x, in += bands, out += bands) {
            const double position = row + (at.left + x + 0.5) * slope.perColumn;
            const auto index = std::lround(std::clamp(position, 0.0, 1.0) * shades);
            writePaint(over(line[index], readPaint(in, bands)), out, bands);
        }
    });
}

}  // namespace private_image
