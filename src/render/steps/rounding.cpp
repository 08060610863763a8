// Only pixels in the square around a corner are computed; all others are copied.
#include "render/steps/rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "render/steps/colour_management.hpp"
#include "render/steps/pixels.hpp"

namespace private_image {

namespace {

using Radii = std::array<double, 4>;  // top left, top right, bottom right, bottom left

// CSS Backgrounds and Borders 3, 5.5: one factor for all radii, so that the shape is kept.
Radii fitting(const Rounding& rounding, Size size) {
    const double width = size.width;
    const double height = size.height;
    if (rounding.isMaximal) {
        Radii all;
        all.fill(std::min(width, height) / 2);
        return all;
    }
    Radii radii = rounding.radii;
    double factor = 1;
    for (int i = 0; i < 4; ++i) {
        const double together = radii[i] + radii[(i + 1) % 4];
        const double side = i % 2 == 0 ? width : height;
        factor = together > side ? std::min(factor, side / together) : factor;
    }
    for (double& radius : radii) {
        radius *= factor;
    }
    return radii;
}

// The share of the pixel `across` and `down` from a corner that lies inside its arc.
double coverage(double radius, double across, double down) {
    if (across >= radius || down >= radius) {
        return 1;
    }
    return std::clamp(radius - std::hypot(radius - across, radius - down) + 0.5, 0.0, 1.0);
}

void fade(VipsPel& alpha, double share) {
    alpha = sample(alpha * share);
}

}  // namespace

Image roundCorners(const Image& image, const Rounding& rounding) {
    const Image base = withAlpha(image);
    if (!base) {
        return {};
    }
    const Radii radii = fitting(rounding, base.size());
    const int bands = base.bands();
    const int width = int(base.width());
    const int height = int(base.height());
    return mapLines(base, bands, [=](const Line<VipsPel>& line) {
        std::copy_n(line.in, std::size_t(line.width) * bands, line.out);
        const bool isUpper = 2 * line.y < height;
        const double down = (isUpper ? line.y : height - 1 - line.y) + 0.5;
        const double left = isUpper ? radii[0] : radii[3];
        const double right = isUpper ? radii[1] : radii[2];
        for (int x = 0; x < line.width; ++x) {
            VipsPel& alpha = line.out[x * bands + bands - 1];
            const double fromLeft = line.left + x + 0.5;
            fade(alpha, coverage(left, fromLeft, down) * coverage(right, width - fromLeft, down));
        }
    });
}

}  // namespace private_image
