// The alpha band, moved and blurred, drawn below the image in black.
#include "render/steps/shadow.hpp"

#include <cmath>

#include "render/steps/background.hpp"
#include "render/steps/paint.hpp"
#include "render/steps/pixels.hpp"
#include "render/steps/sharpness.hpp"

namespace private_image {

namespace {

int shareOf(double percent, std::uint32_t side) {
    return static_cast<int>(std::floor(percent / 100 * side + 0.5));
}

Image alphaOf(const Image& image) {
    const Image band = apply(vips_extract_band, image, image.bands() - 1);
    return apply(vips_copy, band, "interpretation", VIPS_INTERPRETATION_B_W);
}

}  // namespace

Image withShadow(const Image& image, const Shadow& shadow, const Watch& watch) {
    Image pixels = image && image.hasAlpha() ? watch.computePixels(image) : image;
    if (!pixels || !pixels.hasAlpha()) {
        return pixels;
    }
    const Size size = pixels.size();
    const Rectangle placed{shareOf(shadow.x, size.width), shareOf(shadow.y, size.height),
                           size.width, size.height};
    const Image moved = onCanvas(alphaOf(pixels), placed, size, {0, 0, 0, 255});
    // A blur's radius is two sigma.
    const Image soft = blur(moved, 2 * shadow.blur, watch);
    const int bands = pixels.bands();
    const double strength = shadow.strength / 100 / 255;
    return mapLines(joined(pixels, soft), bands, [=](const Line<VipsPel>& line) {
        const VipsPel* in = line.in;
        VipsPel* out = line.out;
        for (int x = 0; x < line.width; ++x, in += bands + 1, out += bands) {
            const Paint dark{0, 0, 0, in[bands] * strength};
            writePaint(over(readPaint(in, bands), dark), out, bands);
        }
    });
}

}  // namespace private_image
