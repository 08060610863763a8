// The eight EXIF orientations: each is a swap of the axes, or none, followed by mirroring of
// columns, of rows, or both.
#include "render/steps/orient.hpp"

#include <array>

namespace private_image {

namespace {

bool mirrorsColumns(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
}

bool mirrorsRows(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
}

// The directions in which the right and the down direction of a stored image point when it is shown
// upright.
struct Axes {
    int rightX, rightY, downX, downY;
    bool operator==(const Axes&) const = default;
};

constexpr std::array<Axes, 8> uprightAxes{{
    {1, 0, 0, 1},
    {-1, 0, 0, 1},
    {-1, 0, 0, -1},
    {1, 0, 0, -1},
    {0, 1, 1, 0},
    {0, 1, -1, 0},
    {0, -1, -1, 0},
    {0, -1, 1, 0},
}};

// Turns a direction as `axes` turn an image.
void turnDirection(const Axes& axes, int& x, int& y) {
    const int fromX = x;
    x = axes.rightX * fromX + axes.downX * y;
    y = axes.rightY * fromX + axes.downY * y;
}

const Axes& axesOf(int orientation) {
    const bool isKnown = orientation >= 1 && orientation <= 8;
    return uprightAxes[isKnown ? static_cast<std::size_t>(orientation - 1) : 0];
}

Image turn(const Image& image, VipsAngle angle) {
    return apply(vips_rot, image, angle);
}

Image mirror(const Image& image, VipsDirection direction) {
    return apply(vips_flip, image, direction);
}

}  // namespace

int combinedOrientation(int first, int second) {
    Axes axes = axesOf(first);
    turnDirection(axesOf(second), axes.rightX, axes.rightY);
    turnDirection(axesOf(second), axes.downX, axes.downY);
    int found = 1;
    while (axesOf(found) != axes) {
        ++found;
    }
    return found;
}

int orientationOf(bool flipsHorizontally, bool flipsVertically, int quarterTurns) {
    constexpr int mirroredColumns = 2, mirroredRows = 4, clockwise = 6;
    int orientation = 1;
    if (flipsHorizontally) {
        orientation = mirroredColumns;
    }
    if (flipsVertically) {
        orientation = combinedOrientation(orientation, mirroredRows);
    }
    for (int i = 0; i < quarterTurns; ++i) {
        orientation = combinedOrientation(orientation, clockwise);
    }
    return orientation;
}

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
            return turn(watch.computePixels(image), VIPS_ANGLE_D180);
        case 4:
            return mirror(watch.computePixels(image), VIPS_DIRECTION_VERTICAL);
        case 5:
            return mirror(turn(watch.computePixels(image), VIPS_ANGLE_D90),
                          VIPS_DIRECTION_HORIZONTAL);
        case 6:
            return turn(watch.computePixels(image), VIPS_ANGLE_D90);
        case 7:
            return mirror(turn(watch.computePixels(image), VIPS_ANGLE_D270),
                          VIPS_DIRECTION_HORIZONTAL);
        case 8:
            return turn(watch.computePixels(image), VIPS_ANGLE_D270);
        default:
            return image;
    }
}

}  // namespace private_image
