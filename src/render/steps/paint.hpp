// One pixel as colour and opacity, and compositing of two.
#pragma once

#include "render/steps/pixels.hpp"
#include "transform/transform.hpp"

namespace private_image {

// Colour 0 to 255, not multiplied by alpha; alpha 0 to 1.
struct Paint {
    double red = 0, green = 0, blue = 0, alpha = 1;
};

inline Paint paintOf(Colour colour) {
    return {double(colour.red), double(colour.green), double(colour.blue), colour.alpha / 255.0};
}

// 1 and 2 bands are grey, 2 and 4 have alpha.
inline Paint readPaint(const VipsPel* pixel, int bands) {
    const double alpha = bands % 2 == 0 ? pixel[bands - 1] / 255.0 : 1;
    return bands < 3 ? Paint{double(pixel[0]), double(pixel[0]), double(pixel[0]), alpha}
                     : Paint{double(pixel[0]), double(pixel[1]), double(pixel[2]), alpha};
}

// Alpha is dropped if there is no band for it.
inline void writePaint(const Paint& paint, VipsPel* pixel, int bands) {
    pixel[0] = sample(paint.red);
    if (bands >= 3) {
        pixel[1] = sample(paint.green);
        pixel[2] = sample(paint.blue);
    }
    if (bands % 2 == 0) {
        pixel[bands - 1] = sample(paint.alpha * 255);
    }
}

// W3C Compositing and Blending, source over.
inline Paint over(const Paint& top, const Paint& bottom) {
    const double alpha = top.alpha + bottom.alpha * (1 - top.alpha);
    if (alpha <= 0) {
        return {0, 0, 0, 0};
    }
    const double share = top.alpha / alpha;
    const auto mixed = [share](double a, double b) { return b + (a - b) * share; };
    return {mixed(top.red, bottom.red), mixed(top.green, bottom.green),
            mixed(top.blue, bottom.blue), alpha};
}

// From one paint (0) to another (1); a transparent end contributes no colour.
inline Paint between(const Paint& from, const Paint& to, double position) {
    const double alpha = from.alpha + (to.alpha - from.alpha) * position;
    const double share = alpha > 0 ? to.alpha * position / alpha : position;
    const auto mixed = [share](double a, double b) { return a + (b - a) * share; };
    return {mixed(from.red, to.red), mixed(from.green, to.green), mixed(from.blue, to.blue), alpha};
}

}  // namespace private_image
