// Flattening for opaque colours, compositing for the others.
#include "render/steps/background.hpp"

#include "render/steps/colour_management.hpp"

namespace private_image {

namespace {

Image flatten(const Image& image, Colour colour) {
    const BandColour background = bandColour(colour, image.bands() - 1);
    return apply(vips_flatten, image, "background", background.get());
}

}  // namespace

Image layOn(const Image& image, Colour colour) {
    if (!image || !image.hasAlpha()) {
        return image;
    }
    if (colour.alpha == 255) {
        const Image base = isGreyTone(colour) ? image : withColour(image);
        return base ? flatten(base, colour) : base;
    }
    const Image over = withColour(image);
    if (!over) {
        return {};
    }
    const double values[4] = {double(colour.red), double(colour.green), double(colour.blue),
                              double(colour.alpha)};
    const Image under(vips_image_new_from_image(over.get(), values, 4));
    VipsImage* out = nullptr;
    if (!under || vips_composite2(under.get(), over.get(), &out, VIPS_BLEND_MODE_OVER,
                                  static_cast<void*>(nullptr)) != 0) {
        return {};
    }
    return apply(vips_linear1, Image(out), 1.0, 0.5, "uchar", TRUE);
}

}  // namespace private_image
