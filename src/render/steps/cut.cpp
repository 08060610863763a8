// Cutting and padding move no pixel before it is needed; attention looks at a thumbnail.
#include "render/steps/cut.hpp"

#include <algorithm>

#include "render/steps/colour_management.hpp"

namespace private_image {

namespace {

std::int32_t centredOn(int point, std::uint32_t size, std::uint32_t room) {
    const auto left = point - static_cast<std::int32_t>(size / 2);
    return std::clamp(left, 0, static_cast<std::int32_t>(room - size));
}

}  // namespace

Image cut(const Image& image, Rectangle rectangle) {
    if (!image || image.size() == Size{rectangle.width, rectangle.height}) {
        return image;
    }
    return apply(vips_extract_area, image, int(rectangle.left), int(rectangle.top),
                 int(rectangle.width), int(rectangle.height));
}

std::optional<Rectangle> attentionCut(const Image& image, Rectangle rectangle) {
    int x = 0;
    int y = 0;
    const Image found =
        apply(vips_smartcrop, image, int(rectangle.width), int(rectangle.height), "interesting",
              VIPS_INTERESTING_ATTENTION, "attention_x", &x, "attention_y", &y);
    if (!found) {
        return std::nullopt;
    }
    rectangle.left = centredOn(x, rectangle.width, image.width());
    rectangle.top = centredOn(y, rectangle.height, image.height());
    return rectangle;
}

Image pad(const Image& image, Rectangle placed, Size canvas, Colour colour) {
    if (!image || image.size() == canvas) {
        return image;
    }
    Image base = isGreyTone(colour) ? image : withColour(image);
    if (colour.alpha != 255) {
        base = withAlpha(base);
    }
    if (!base) {
        return {};
    }
    const BandColour background = bandColour(colour, base.bands());
    return apply(vips_embed, base, int(placed.left), int(placed.top), int(canvas.width),
                 int(canvas.height), "extend", VIPS_EXTEND_BACKGROUND, "background",
                 background.get());
}

}  // namespace private_image
