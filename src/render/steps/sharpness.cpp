// Sharpening and blurring. The time per pixel hardly depends on the strength.
#include "render/steps/sharpness.hpp"

#include <algorithm>
#include <cmath>

#include "render/steps/pixels.hpp"
#include "render/steps/resize.hpp"

namespace private_image {

namespace {

// A Gaussian of a larger sigma is computed on a reduced image: the difference is invisible, and the
// mask stays short.
constexpr double maxDirectSigma = 8;

// The sigma of the blur that gives transparent pixels the colour of their neighbours.
constexpr double fillingSigma = 2;

Image gaussian(const Image& image, double sigma) {
    return applyCompiled(vips_gaussblur, image, sigma);
}

Image blurred(const Image& image, double sigma) {
    if (!image || sigma <= maxDirectSigma) {
        return gaussian(image, sigma);
    }
    const double factor = sigma / (maxDirectSigma / 2);
    const auto reduced = [factor](std::uint32_t side) {
        return static_cast<std::uint32_t>(std::max(1.0, std::round(side / factor)));
    };
    const Size size = image.size();
    const Image small = applyCompiled(vips_resize, image, reduced(size.width) / double(size.width),
                                      "vscale", reduced(size.height) / double(size.height));
    const Image soft = gaussian(small, maxDirectSigma / 2);
    if (!soft) {
        return {};
    }
    Image large = applyCompiled(vips_resize, soft, size.width / double(soft.width()), "vscale",
                                size.height / double(soft.height()));
    if (!large || large.size() == size) {
        return large;
    }
    return apply(vips_embed, large, 0, 0, int(size.width), int(size.height), "extend",
                 VIPS_EXTEND_COPY);
}

Image blurredPixels(const Image& image, double sigma) {
    return withPremultipliedAlpha(image,
                                  [sigma](const Image& plain) { return blurred(plain, sigma); });
}

// Replaces colour below transparency by that of neighbouring pixels, so that no edge is found
// between them. Alpha is kept.
Image withFilledHoles(const Image& image) {
    if (!image || !image.hasAlpha()) {
        return image;
    }
    const int bands = image.bands();
    const int pair = 2 * bands;
    return mapLines(joined(image, blurredPixels(image, fillingSigma)), bands,
                    [bands, pair](const Line<VipsPel>& line) {
                        const VipsPel* in = line.in;
                        VipsPel* out = line.out;
                        for (int x = 0; x < line.width; ++x, in += pair, out += bands) {
                            const double opacity = in[bands - 1] / 255.0;
                            for (int band = 0; band < bands - 1; ++band) {
                                out[band] =
                                    sample(in[band] * opacity + in[bands + band] * (1 - opacity));
                            }
                            out[bands - 1] = in[bands - 1];
                        }
                    });
}

// The standard deviation of a Gaussian cut off at `radius`. A Gaussian of
// this sigma replaces the mask, which would grow with the radius.
double truncatedSigma(double radius, double sigma) {
    const int reach = std::max(1, static_cast<int>(std::ceil(radius)));
    double weights = 1;
    double squares = 0;
    for (int x = 1; x <= reach; ++x) {
        const double weight = 2 * std::exp(-x * x / (2 * sigma * sigma));
        weights += weight;
        squares += weight * x * x;
    }
    return std::sqrt(squares / weights);
}

}  // namespace

Image sharpen(const Image& image, double amount, const Watch& watch) {
    Image pixels = watch.computePixels(image);
    if (!pixels || amount <= 0) {
        return pixels;
    }
    // Flat areas are kept (m1); edges are sharpened by the amount, with weaker
    // bright halos than dark ones.
    return applyCompiled(vips_sharpen, withFilledHoles(pixels), "sigma", 0.8, "m1", 0.0, "m2",
                         2.0 * amount, "y2", std::min(100.0, 10.0 * amount), "y3",
                         std::min(100.0, 20.0 * amount));
}

Image unsharpMask(const Image& image, const UnsharpMask& mask, const Watch& watch) {
    Image pixels = watch.computePixels(image);
    const double sigma = truncatedSigma(mask.radius, mask.sigma);
    // With a smaller sigma even the nearest neighbour has no weight.
    if (!pixels || sigma < 0.01) {
        return pixels;
    }
    const int bands = pixels.bands();
    const int pair = 2 * bands;
    const int colours = pixels.hasAlpha() ? bands - 1 : bands;
    const double minEdge = mask.threshold * 255 / 2;
    const double amount = mask.amount;
    return mapLines(
        joined(pixels, blurredPixels(pixels, sigma)), bands, [=](const Line<VipsPel>& line) {
            const VipsPel* in = line.in;
            VipsPel* out = line.out;
            for (int x = 0; x < line.width; ++x, in += pair, out += bands) {
                for (int band = 0; band < bands; ++band) {
                    const double edge = in[band] - in[bands + band];
                    const bool isSharpened = band < colours && std::abs(edge) >= minEdge;
                    out[band] = isSharpened ? sample(in[band] + amount * edge) : in[band];
                }
            }
        });
}

Image blur(const Image& image, double radius, const Watch& watch) {
    // A radius is two standard deviations, as in a canvas' shadow blur.
    const double sigma = radius / 2;
    if (!image || sigma <= 0) {
        return image;
    }
    return blurredPixels(watch.computePixels(image), sigma);
}

}  // namespace private_image
