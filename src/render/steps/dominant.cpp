// Counts the pixels of a small copy of each frame in coarse bins, which is fast, and collects
// similar colours in one bin.
#include "render/steps/dominant.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include "render/steps/colour_management.hpp"
#include "render/steps/resize.hpp"

namespace private_image {

namespace {

constexpr std::uint32_t maxSampledSide = 96;

// Two colours that differ by less in every band look like one colour in a background.
constexpr int minDifference = 48;

// The bin of pixels whose four highest bits agree in each band.
struct Bin {
    std::uint64_t weight = 0, red = 0, green = 0, blue = 0;

    void add(const VipsPel* pixel) {
        const std::uint64_t alpha = pixel[3];
        weight += alpha;
        red += alpha * pixel[0];
        green += alpha * pixel[1];
        blue += alpha * pixel[2];
    }
    Colour mean() const {
        const auto meanOf = [this](std::uint64_t sum) {
            return static_cast<std::uint8_t>((sum + weight / 2) / weight);
        };
        return {meanOf(red), meanOf(green), meanOf(blue), 255};
    }
};

Size sampledSize(Size size) {
    const std::uint32_t longerSide = std::max(size.width, size.height);
    const auto side = [longerSide](std::uint32_t length) {
        return longerSide <= maxSampledSide
                   ? length
                   : std::max<std::uint32_t>(
                         1, std::uint32_t(std::uint64_t(length) * maxSampledSide / longerSide));
    };
    return {side(size.width), side(size.height)};
}

// False if the pixels cannot be computed.
bool countPixels(const Image& image, std::vector<Bin>& bins, const Watch& watch) {
    const Image full = withAlpha(withColour(image));
    const Image small = full ? watch.computePixels(resize(full, sampledSize(full.size()))) : full;
    if (!small) {
        return false;
    }
    for (std::uint32_t y = 0; y < small.height(); ++y) {
        const VipsPel* pixel = VIPS_IMAGE_ADDR(small.get(), 0, int(y));
        for (std::uint32_t x = 0; x < small.width(); ++x, pixel += 4) {
            bins[(pixel[0] >> 4) * 256 + (pixel[1] >> 4) * 16 + (pixel[2] >> 4)].add(pixel);
        }
    }
    return true;
}

bool differs(Colour a, Colour b) {
    return std::abs(a.red - b.red) >= minDifference ||
           std::abs(a.green - b.green) >= minDifference ||
           std::abs(a.blue - b.blue) >= minDifference;
}

}  // namespace

std::vector<Colour> dominantColours(std::span<const Image> frames, std::size_t wanted,
                                    const Watch& watch) {
    std::vector<Bin> bins(std::size_t{16} * 16 * 16);
    const bool isCounted = std::ranges::all_of(
        frames, [&](const Image& frame) { return countPixels(frame, bins, watch); });
    if (!isCounted || wanted == 0) {
        return {};
    }
    std::ranges::stable_sort(bins, std::greater(), &Bin::weight);
    std::vector<Colour> found;
    for (const Bin& bin : bins) {
        if (bin.weight == 0 || found.size() == wanted) {
            break;
        }
        const Colour colour = bin.mean();
        const bool isNew = std::all_of(found.begin(), found.end(),
                                       [&](Colour other) { return differs(colour, other); });
        if (isNew) {
            found.push_back(colour);
        }
    }
    if (found.empty()) {
        found.push_back({0, 0, 0, 255});
    }
    for (std::size_t next = 0; found.size() < wanted; ++next) {
        found.push_back(found[next]);
    }
    return found;
}

}  // namespace private_image
