// Quarter turns by moving pixels; other angles by resampling premultiplied ones.
#include "render/steps/rotation.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "render/steps/colour_management.hpp"
#include "render/steps/resize.hpp"

namespace private_image {

namespace {

struct FreeInterpolate {
    void operator()(VipsInterpolate* interpolate) const { g_object_unref(interpolate); }
};

// From 0 to below 360.
double wholeTurnsRemoved(double degrees) {
    const double rest = std::fmod(degrees, 360);
    return rest < 0 ? rest + 360 : rest;
}

std::uint32_t rotatedSide(double along, double across, double angle) {
    const double length = along * std::abs(std::cos(angle)) + across * std::abs(std::sin(angle));
    return static_cast<std::uint32_t>(std::max(1.0, std::round(length)));
}

Image quarterTurns(const Image& image, int turns, const Watch& watch) {
    switch (turns) {
        case 1:
            return apply(vips_rot, watch.computePixels(image), VIPS_ANGLE_D90);
        case 2:
            return apply(vips_rot, watch.computePixels(image), VIPS_ANGLE_D180);
        case 3:
            return apply(vips_rot, watch.computePixels(image), VIPS_ANGLE_D270);
        default:
            return image;
    }
}

// The colour multiplied by its alpha.
Colour premultiplied(Colour colour) {
    const auto weighted = [&](std::uint8_t value) {
        return static_cast<std::uint8_t>((value * colour.alpha + 127) / 255);
    };
    return {weighted(colour.red), weighted(colour.green), weighted(colour.blue), colour.alpha};
}

Image turned(const Image& image, double degrees, Colour background) {
    const BandColour ink =
        bandColour(image.hasAlpha() ? premultiplied(background) : background, image.bands());
    const std::unique_ptr<VipsInterpolate, FreeInterpolate> bicubic(
        vips_interpolate_new("bicubic"));
    if (!bicubic) {
        return {};
    }
    return withPremultipliedAlpha(image, [&](const Image& plain) {
        return apply(vips_rotate, plain, degrees, "interpolate", bicubic.get(), "background",
                     ink.get());
    });
}

}  // namespace

Size rotatedSize(Size size, double degrees) {
    const double angle = wholeTurnsRemoved(degrees) * std::numbers::pi / 180;
    return {rotatedSide(size.width, size.height, angle),
            rotatedSide(size.height, size.width, angle)};
}

Image rotate(const Image& image, double degrees, Colour background, const Watch& watch) {
    const double rest = wholeTurnsRemoved(degrees);
    if (!image || std::fmod(rest, 90) == 0) {
        return quarterTurns(image, int(rest / 90), watch);
    }
    Image base = isGreyTone(background) ? image : withColour(image);
    if (background.alpha != 255) {
        base = withAlpha(base);
    }
    base = watch.computePixels(base);
    return base ? turned(base, rest, background) : base;
}

}  // namespace private_image
