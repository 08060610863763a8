// A larger canvas in the border's colour.
#include "render/steps/border.hpp"

#include "render/steps/background.hpp"

namespace private_image {

Image withBorder(const Image& image, std::uint32_t pixels, Colour colour) {
    if (!image || pixels == 0) {
        return image;
    }
    const auto offset = static_cast<std::int32_t>(pixels);
    const Rectangle placed{offset, offset, image.width(), image.height()};
    return onCanvas(image, placed, {image.width() + 2 * pixels, image.height() + 2 * pixels},
                    colour);
}

}  // namespace private_image
