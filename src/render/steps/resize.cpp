// One separable Lanczos pass; whatever rounding it brings is mended at the right and bottom edge.
#include "render/steps/resize.hpp"

namespace private_image {

namespace {

Image exactly(const Image& image, Size size) {
    if (!image || image.size() == size) {
        return image;
    }
    return apply(vips_embed, image, 0, 0, static_cast<int>(size.width),
                 static_cast<int>(size.height), "extend", VIPS_EXTEND_COPY);
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
    // The cast to 8 bits alone would truncate, and darken flat areas by one.
    return apply(vips_linear1, done, 1.0, 0.5, "uchar", TRUE);
}

Image resize(const Image& image, Size size) {
    if (!image || image.size() == size) {
        return image;
    }
    return withPremultipliedAlpha(
        image, [size](const Image& plain) { return plain ? scale(plain, size) : plain; });
}

}  // namespace private_image
