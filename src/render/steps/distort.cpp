// For each pixel of the result, computes its position in the source.
#include "render/steps/distort.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "render/steps/colour_management.hpp"
#include "render/steps/pixels.hpp"
#include "render/steps/sampling.hpp"

namespace private_image {

namespace {

// Beyond the reach of any filter at an edge: transparent.
constexpr float nowhere = -100;

constexpr double maxCorner = 65535;

// A smaller bend is invisible, and its radius too large to compute with.
constexpr double minBend = 0.01;

struct Point {
    double x, y;
};

Point corner(const Corners& corners, std::size_t index) {
    return {corners[2 * index], corners[2 * index + 1]};
}

// Twice the signed area of the triangle of three consecutive corners.
double turnAt(const Corners& corners, std::size_t index) {
    const Point a = corner(corners, index);
    const Point b = corner(corners, (index + 1) % 4);
    const Point c = corner(corners, (index + 2) % 4);
    return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

// Rows of a 3x3 matrix that maps points of the canvas to the unit square.
struct Projection {
    double m[3][3];

    Point source(double x, double y) const {
        const double scale = m[2][0] * x + m[2][1] * y + m[2][2];
        return {(m[0][0] * x + m[0][1] * y + m[0][2]) / scale,
                (m[1][0] * x + m[1][1] * y + m[1][2]) / scale};
    }
    // Beyond the horizon: the point would lie behind the viewer.
    bool isSeen(double x, double y) const { return m[2][0] * x + m[2][1] * y + m[2][2] > 0; }
};

// The adjoint is a multiple of the inverse; only the sign of the factor matters.
Projection adjoint(const double (&a)[3][3]) {
    Projection inverse;
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            const int r1 = (column + 1) % 3, r2 = (column + 2) % 3;
            const int c1 = (row + 1) % 3, c2 = (row + 2) % 3;
            inverse.m[row][column] = a[r1][c1] * a[r2][c2] - a[r1][c2] * a[r2][c1];
        }
    }
    return inverse;
}

// The matrix from the unit square to a convex quadrilateral has a closed form: two unknowns follow
// from the last corner, the others from those.
Projection toUnitSquare(const Corners& corners) {
    const Point p0 = corner(corners, 0), p1 = corner(corners, 1);
    const Point p2 = corner(corners, 2), p3 = corner(corners, 3);
    const Point right{p1.x - p2.x, p1.y - p2.y};
    const Point below{p3.x - p2.x, p3.y - p2.y};
    const Point bent{p0.x - p1.x + p2.x - p3.x, p0.y - p1.y + p2.y - p3.y};
    const double area = right.x * below.y - below.x * right.y;
    const double g = (bent.x * below.y - below.x * bent.y) / area;
    const double h = (right.x * bent.y - bent.x * right.y) / area;
    const double forward[3][3] = {
        {p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x},
        {p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y},
        {g, h, 1},
    };
    Projection inverse = adjoint(forward);
    const Point middle{(p0.x + p1.x + p2.x + p3.x) / 4, (p0.y + p1.y + p2.y + p3.y) / 4};
    if (!inverse.isSeen(middle.x, middle.y)) {
        for (auto& row : inverse.m) {
            for (double& value : row) {
                value = -value;
            }
        }
    }
    return inverse;
}

// An index counts from the middle of the first pixel; large ones would overflow in libvips.
float index(double position, double length) {
    const double value = position - 0.5;
    return value > -2 && value < length + 2 ? static_cast<float>(value) : nowhere;
}

// A ring segment: outer and inner radius around its centre, and half its angle.
struct Ring {
    double outer, inner, half;

    double width() const {
        return half >= std::numbers::pi / 2 ? 2 * outer : 2 * outer * std::sin(half);
    }
    double height() const {
        const double cosine = std::cos(half);
        return outer - (cosine > 0 ? inner : outer) * cosine;
    }
};

Ring ringOf(Size size, double degrees) {
    const double angle =
        std::max(std::min(std::abs(degrees), 360.0), minBend) * std::numbers::pi / 180;
    const double middle = std::max(size.width / angle, size.height / 2.0);
    return {middle + size.height / 2.0, middle - size.height / 2.0, angle / 2};
}

std::uint32_t wholeSide(double length) {
    return static_cast<std::uint32_t>(std::max(1.0, std::ceil(length - 1e-6)));
}

}  // namespace

bool canTakeCorners(const Corners& corners) {
    const bool isNear = std::all_of(corners.begin(), corners.end(),
                                    [](double value) { return std::abs(value) <= maxCorner; });
    if (!isNear) {
        return false;
    }
    const bool isClockwise = turnAt(corners, 0) > 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const double turn = turnAt(corners, i);
        if (std::abs(turn) < 1 || (turn > 0) != isClockwise) {
            return false;
        }
    }
    return true;
}

Image perspective(const Image& image, const Corners& corners, const Watch& watch) {
    const Image pixels = watch.computePixels(withAlpha(image));
    if (!pixels || !canTakeCorners(corners)) {
        return {};
    }
    const Projection projection = toUnitSquare(corners);
    const double width = pixels.width();
    const double height = pixels.height();
    return sampledAt(
        pixels, indexLines(pixels.size(), [=](const Line<float>& line) {
            float* out = line.out;
            for (int x = 0; x < line.width; ++x, out += 2) {
                const double atX = line.left + x + 0.5;
                const double atY = line.y + 0.5;
                const bool isSeen = projection.isSeen(atX, atY);
                const Point source = isSeen ? projection.source(atX, atY) : Point{-100, -100};
                out[0] = index(source.x * width, width);
                out[1] = index(source.y * height, height);
            }
        }));
}

Size arcSize(Size size, double degrees) {
    const Ring ring = ringOf(size, degrees);
    return {wholeSide(ring.width()), wholeSide(ring.height())};
}

Image arc(const Image& image, double degrees, const Watch& watch) {
    const Image pixels = watch.computePixels(withAlpha(image));
    if (!pixels) {
        return {};
    }
    const Ring ring = ringOf(pixels.size(), degrees);
    const Size canvas = arcSize(pixels.size(), degrees);
    const double width = pixels.width();
    const double height = pixels.height();
    const bool bulgesDown = degrees < 0;
    return sampledAt(pixels, indexLines(canvas, [=](const Line<float>& line) {
                         const double fromTop = line.y + 0.5;
                         const double up =
                             ring.outer - (bulgesDown ? canvas.height - fromTop : fromTop);
                         float* out = line.out;
                         for (int x = 0; x < line.width; ++x, out += 2) {
                             const double across = line.left + x + 0.5 - canvas.width / 2.0;
                             const double along = std::atan2(across, up) / (2 * ring.half) + 0.5;
                             const double inwards = ring.outer - std::hypot(across, up);
                             out[0] = index(along * width, width);
                             out[1] = index(bulgesDown ? height - inwards : inwards, height);
                         }
                     }));
}

}  // namespace private_image
