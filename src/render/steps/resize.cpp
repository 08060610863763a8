// Uses our own filter, which places any area exactly; libvips resizes images that it does not
// support.
#include "render/steps/resize.hpp"

#include <algorithm>
#include <cmath>

#include "render/steps/cut.hpp"

namespace private_image {

namespace {

Image exactly(const Image& image, Size size) {
    if (!image || image.size() == size) {
        return image;
    }
    return apply(vips_embed, image, 0, 0, static_cast<int>(size.width),
                 static_cast<int>(size.height), "extend", VIPS_EXTEND_COPY);
}

// The whole pixels closest to `area`: at least one, within the image.
Rectangle wholePixels(const Area& area, Size size) {
    const auto edge = [](double at, double max) {
        return std::clamp(std::floor(at + 0.5), 0.0, max);
    };
    const double left = edge(area.left, size.width - 1.0);
    const double top = edge(area.top, size.height - 1.0);
    const double width = edge(area.left + area.width, size.width) - left;
    const double height = edge(area.top + area.height, size.height) - top;
    return {static_cast<std::int32_t>(left), static_cast<std::int32_t>(top),
            static_cast<std::uint32_t>(std::max(1.0, width)),
            static_cast<std::uint32_t>(std::max(1.0, height))};
}

bool isWhole(const Area& area, const Rectangle& pixels) {
    return area.left == pixels.left && area.top == pixels.top && area.width == pixels.width &&
           area.height == pixels.height;
}

Image scale(const Image& image, Size size) {
    const double horizontal = static_cast<double>(size.width) / image.width();
    const double vertical = static_cast<double>(size.height) / image.height();
    return exactly(applyCompiled(vips_resize, image, horizontal, "vscale", vertical), size);
}

}  // namespace

Image withPremultipliedAlpha(const Image& image,
                             const std::function<Image(const Image&)>& operation) {
    if (!image || !image.hasAlpha()) {
        return image ? operation(image) : image;
    }
    const Image done = apply(vips_unpremultiply, operation(apply(vips_premultiply, image)));
    // Casting to 8 bits alone would truncate and darken flat areas by one.
    return apply(vips_linear1, done, 1.0, 0.5, "uchar", TRUE);
}

Image resize(const Image& image, const Area& area, Size size) {
    if (!image) {
        return {};
    }
    const Rectangle pixels = wholePixels(area, image.size());
    const bool isCut = isWhole(area, pixels);
    if (isCut && size == Size{pixels.width, pixels.height}) {
        return cut(image, pixels);
    }
    if (canResample(image, size)) {
        const Area all{0, 0, area.width, area.height};
        return isCut ? resample(cut(image, pixels), all, size) : resample(image, area, size);
    }
    return withPremultipliedAlpha(cut(image, pixels), [size](const Image& plain) {
        return plain ? scale(plain, size) : plain;
    });
}

Image resize(const Image& image, Size size) {
    return image ? resize(image, {0, 0, double(image.width()), double(image.height())}, size)
                 : image;
}

}  // namespace private_image
