// The eight EXIF orientations: bit by bit a swap of axes and two mirrorings.
#include "render/steps/orient.hpp"

namespace private_image {

namespace {

bool mirrorsColumns(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
}

bool mirrorsRows(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
}

Image turn(const Image& image, VipsAngle angle) {
    return apply(vips_rot, image, angle);
}

Image mirror(const Image& image, VipsDirection direction) {
    return apply(vips_flip, image, direction);
}

}  // namespace

bool swapsAxes(int orientation) {
    return orientation >= 5 && orientation <= 8;
}

Size withAxesOf(int orientation, Size size) {
    return swapsAxes(orientation) ? Size{size.height, size.width} : size;
}

Rectangle storedRectangle(int orientation, Rectangle upright, Size size) {
    const auto right = static_cast<std::int32_t>(size.width - upright.width) - upright.left;
    const auto below = static_cast<std::int32_t>(size.height - upright.height) - upright.top;
    const std::int32_t left = mirrorsColumns(orientation) ? right : upright.left;
    const std::int32_t top = mirrorsRows(orientation) ? below : upright.top;
    if (swapsAxes(orientation)) {
        return {top, left, upright.height, upright.width};
    }
    return {left, top, upright.width, upright.height};
}

Image orient(const Image& image, int orientation, const Watch& watch) {
    switch (orientation) {
        case 2:
            return mirror(image, VIPS_DIRECTION_HORIZONTAL);
        case 3:
            return turn(watch.settle(image), VIPS_ANGLE_D180);
        case 4:
            return mirror(watch.settle(image), VIPS_DIRECTION_VERTICAL);
        case 5:
            return mirror(turn(watch.settle(image), VIPS_ANGLE_D90), VIPS_DIRECTION_HORIZONTAL);
        case 6:
            return turn(watch.settle(image), VIPS_ANGLE_D90);
        case 7:
            return mirror(turn(watch.settle(image), VIPS_ANGLE_D270), VIPS_DIRECTION_HORIZONTAL);
        case 8:
            return turn(watch.settle(image), VIPS_ANGLE_D270);
        default:
            return image;
    }
}

}  // namespace private_image
