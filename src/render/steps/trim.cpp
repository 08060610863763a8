// Searches inwards from each side, up to the first pixel that is not part of the frame.
#include "render/steps/trim.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace private_image {

namespace {

// Premultiplied, so that transparent pixels are equal whatever colour they hide; grey has three
// equal bands.
using Pixel = std::array<int, 4>;

Pixel premultiplied(Pixel pixel) {
    for (int band = 0; band < 3; ++band) {
        pixel[band] = (pixel[band] * pixel[3] + 127) / 255;
    }
    return pixel;
}

bool areAlike(const Pixel& a, const Pixel& b, double tolerance) {
    for (int band = 0; band < 4; ++band) {
        if (std::abs(a[band] - b[band]) > tolerance) {
            return false;
        }
    }
    return true;
}

// The colour that most others resemble; the first of several.
Pixel maxLiked(std::span<const Pixel> pixels, double tolerance) {
    const auto likes = [&](const Pixel& pixel) {
        return std::ranges::count_if(
            pixels, [&](const Pixel& other) { return areAlike(pixel, other, tolerance); });
    };
    return *std::ranges::max_element(pixels, {}, likes);
}

class FrameSearch {
public:
    FrameSearch(const Image& image, double tolerance) : image_(image), tolerance_(tolerance) {}

    Pixel at(int x, int y) const {
        const VipsPel* pixel = VIPS_IMAGE_ADDR(image_.get(), x, y);
        switch (image_.bands()) {
            case 1:
                return {pixel[0], pixel[0], pixel[0], 255};
            case 2:
                return premultiplied({pixel[0], pixel[0], pixel[0], pixel[1]});
            case 3:
                return {pixel[0], pixel[1], pixel[2], 255};
            default:
                return premultiplied({pixel[0], pixel[1], pixel[2], pixel[3]});
        }
    }

    // The corner that most others resemble, since one corner may belong to the motif.
    Pixel edge() const {
        const int right = int(image_.width()) - 1;
        const int bottom = int(image_.height()) - 1;
        const std::array<Pixel, 4> corners{at(0, 0), at(right, 0), at(0, bottom),
                                           at(right, bottom)};
        return maxLiked(corners, tolerance_);
    }

    bool isFrameRow(int y, int left, int right, const Pixel& frame) const {
        for (int x = left; x < right; ++x) {
            if (!areAlike(at(x, y), frame, tolerance_)) {
                return false;
            }
        }
        return true;
    }

    // The number of frame columns on one side: the minimum over all rows.
    int frameColumns(int top, int bottom, bool fromRight, const Pixel& frame) const {
        const int width = int(image_.width());
        int columns = width;
        for (int y = top; y < bottom; ++y) {
            for (int x = 0; x < columns; ++x) {
                if (!areAlike(at(fromRight ? width - 1 - x : x, y), frame, tolerance_)) {
                    columns = x;
                }
            }
        }
        return columns;
    }

    // The bounds of pixels that are not frame; empty if all are.
    std::optional<Rectangle> inside(const Pixel& frame) const {
        const int width = int(image_.width());
        int top = 0;
        int bottom = int(image_.height());
        while (top < bottom && isFrameRow(top, 0, width, frame)) {
            ++top;
        }
        if (top == bottom) {
            return std::nullopt;
        }
        while (isFrameRow(bottom - 1, 0, width, frame)) {
            --bottom;
        }
        const int left = frameColumns(top, bottom, false, frame);
        const int right = frameColumns(top, bottom, true, frame);
        return Rectangle{left, top, static_cast<std::uint32_t>(width - left - right),
                         static_cast<std::uint32_t>(bottom - top)};
    }

private:
    const Image& image_;
    double tolerance_;
};

// Only the first images of an animation: each is compared with every other.
Pixel commonEdge(std::span<const Image> images, double tolerance) {
    constexpr std::size_t maxCompared = 256;
    std::vector<Pixel> edges;
    for (const Image& image : images.first(std::min(images.size(), maxCompared))) {
        edges.push_back(FrameSearch(image, tolerance).edge());
    }
    return maxLiked(edges, tolerance);
}

// The smallest rectangle that contains both.
Rectangle joined(const Rectangle& one, const Rectangle& other) {
    const auto right =
        std::max(std::int64_t(one.left) + one.width, std::int64_t(other.left) + other.width);
    const auto bottom =
        std::max(std::int64_t(one.top) + one.height, std::int64_t(other.top) + other.height);
    const std::int32_t left = std::min(one.left, other.left);
    const std::int32_t top = std::min(one.top, other.top);
    return {left, top, static_cast<std::uint32_t>(right - left),
            static_cast<std::uint32_t>(bottom - top)};
}

Rectangle grown(Rectangle inside, std::uint32_t keep, Size size) {
    const std::int64_t left = std::max<std::int64_t>(0, std::int64_t(inside.left) - keep);
    const std::int64_t top = std::max<std::int64_t>(0, std::int64_t(inside.top) - keep);
    const std::int64_t right =
        std::min<std::int64_t>(size.width, std::int64_t(inside.left) + inside.width + keep);
    const std::int64_t bottom =
        std::min<std::int64_t>(size.height, std::int64_t(inside.top) + inside.height + keep);
    return {static_cast<std::int32_t>(left), static_cast<std::int32_t>(top),
            static_cast<std::uint32_t>(right - left), static_cast<std::uint32_t>(bottom - top)};
}

}  // namespace

std::optional<Rectangle> frameInside(std::span<const Image> images, const Trim& trim,
                                     const Watch& watch) {
    std::vector<Image> frames;
    for (const Image& image : images) {
        frames.push_back(watch.computePixels(image));
        if (!frames.back()) {
            return std::nullopt;
        }
    }
    const Pixel frame = trim.colour ? premultiplied({trim.colour->red, trim.colour->green,
                                                     trim.colour->blue, trim.colour->alpha})
                                    : commonEdge(frames, trim.tolerance);
    std::optional<Rectangle> found;
    for (const Image& image : frames) {
        const auto inside = FrameSearch(image, trim.tolerance).inside(frame);
        found = found && inside ? joined(*found, *inside) : found ? found : inside;
    }
    const Size size = frames.front().size();
    return found ? grown(*found, trim.keep, size) : Rectangle{0, 0, size.width, size.height};
}

}  // namespace private_image
