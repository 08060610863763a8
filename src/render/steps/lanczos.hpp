// The coefficients of Lanczos resampling along one axis.
#pragma once

#include <cstdint>
#include <vector>

namespace private_image {

// For each result pixel, the weights of `count` source pixels from `first` on. They sum to 1. The
// last ones may be 0: `count` is a multiple of 4.
struct Taps {
    int count = 0;
    std::vector<int> first;
    std::vector<float> weights;

    const float* of(int pixel) const {
        return weights.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(count);
    }
};

// Maps `length` pixels from `from` on to `size` pixels, with a Lanczos3 filter as wide as the
// coarser of the two needs. Source pixels exist from `low` up to, but not including, `high`; beyond
// them the outermost pixels are repeated.
Taps lanczosTaps(double from, double length, int size, int low, int high);

}  // namespace private_image
