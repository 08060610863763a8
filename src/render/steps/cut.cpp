// Cutting moves no pixel before it is needed; attention is computed on a thumbnail.
#include "render/steps/cut.hpp"

#include <algorithm>

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

}  // namespace private_image
