// Products of numbers from a source saturate instead of overflowing.
#include "render/limits.hpp"

#include <limits>

namespace private_image {

namespace {

std::uint64_t saturatingProduct(std::uint64_t left, std::uint64_t right) {
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    return right != 0 && left > max / right ? max : left * right;
}

}  // namespace

std::uint64_t pixelCount(std::uint64_t width, std::uint64_t height, std::uint64_t frames) {
    if (width == 0 || height == 0 || frames == 0) {
        return 0;
    }
    return saturatingProduct(saturatingProduct(width, height), frames);
}

}  // namespace private_image
