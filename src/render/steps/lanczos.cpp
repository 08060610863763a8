#include "render/steps/lanczos.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace private_image {

namespace {

constexpr double lobes = 3;

double lanczos(double x) {
    if (std::abs(x) >= lobes) {
        return 0;
    }
    const double angle = std::numbers::pi * x;
    return x == 0 ? 1 : lobes * std::sin(angle) * std::sin(angle / lobes) / (angle * angle);
}

}  // namespace

Taps lanczosTaps(double from, double length, int size, int low, int high) {
    const double factor = length / size;
    const double step = std::max(1.0, factor);
    const double reach = lobes * step;
    const int used = static_cast<int>(std::ceil(2 * reach)) + 1;
    Taps taps;
    taps.count = (used + 3) / 4 * 4;
    taps.first.resize(static_cast<std::size_t>(size));
    taps.weights.resize(taps.first.size() * static_cast<std::size_t>(taps.count));
    for (int pixel = 0; pixel < size; ++pixel) {
        const double centre = from + (pixel + 0.5) * factor;
        const int begin = static_cast<int>(std::ceil(centre - reach - 0.5));
        const int first = std::clamp(begin, low, std::max(low, high - used));
        float* weights = taps.weights.data() +
                         static_cast<std::size_t>(pixel) * static_cast<std::size_t>(taps.count);
        double sum = 0;
        for (int at = begin; at < begin + used; ++at) {
            sum += lanczos((at + 0.5 - centre) / step);
        }
        for (int at = begin; at < begin + used; ++at) {
            const double weight = lanczos((at + 0.5 - centre) / step) / sum;
            weights[std::clamp(at, low, high - 1) - first] += static_cast<float>(weight);
        }
        taps.first[static_cast<std::size_t>(pixel)] = first;
    }
    return taps;
}

}  // namespace private_image
