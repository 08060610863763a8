// Both effects have a cost per pixel that hardly depends on their strength.
#include "render/steps/effects.hpp"

#include <algorithm>
#include <cmath>

#include "render/steps/resize.hpp"

namespace private_image {

namespace {

// Up to here a Gaussian is computed as it is; a wider one on a smaller image, where nobody can see
// the difference and its mask stays short.
constexpr double widestDirectSigma = 8;

Image gaussian(const Image& image, double sigma) {
    return apply(vips_gaussblur, image, sigma);
}

Image blurred(const Image& image, double sigma) {
    if (sigma <= widestDirectSigma) {
        return gaussian(image, sigma);
    }
    const double factor = sigma / (widestDirectSigma / 2);
    const auto reduced = [factor](std::uint32_t side) {
        return static_cast<std::uint32_t>(std::max(1.0, std::round(side / factor)));
    };
    const Size size = image.size();
    const Image small = apply(vips_resize, image, reduced(size.width) / double(size.width),
                              "vscale", reduced(size.height) / double(size.height));
    const Image soft = gaussian(small, widestDirectSigma / 2);
    if (!soft) {
        return {};
    }
    const Image large = apply(vips_resize, soft, size.width / double(soft.width()), "vscale",
                              size.height / double(soft.height()));
    if (!large || large.size() == size) {
        return large;
    }
    return apply(vips_embed, large, 0, 0, int(size.width), int(size.height), "extend",
                 VIPS_EXTEND_COPY);
}

}  // namespace

Image sharpen(const Image& image, double amount) {
    if (amount <= 0) {
        return image;
    }
    // Flat areas stay as they are (m1); edges gain with the amount, bright halos least of all.
    return apply(vips_sharpen, image, "sigma", 0.8, "m1", 0.0, "m2", 2.0 * amount, "y2",
                 std::min(100.0, 10.0 * amount), "y3", std::min(100.0, 20.0 * amount));
}

Image blur(const Image& image, double radius) {
    // What is called a radius is two standard deviations, as in a canvas' shadow blur.
    const double sigma = radius / 2;
    if (sigma <= 0) {
        return image;
    }
    return withPremultipliedAlpha(image,
                                  [sigma](const Image& plain) { return blurred(plain, sigma); });
}

}  // namespace private_image
