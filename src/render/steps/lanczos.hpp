// The coefficients of Lanczos resampling along one axis. Plain arithmetic, no libvips.
#pragma once

#include <cstdint>
#include <vector>

namespace private_image {

// Of each result pixel the weights of `count` source pixels, from `first` on. They sum up to 1. The
// last may be 0: `count` is a multiple of 4.
struct Taps {
    int count = 0;
    std::vector<int> first;
    std::vector<float> weights;

    const float* of(int pixel) const {
        return weights.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(count);
    }
};

// `length` pixels from `from` on become `size`: by Lanczos3 of the coarser of the two. Source
// pixels exist from `low` up to, but not including, `high`; beyond them the outermost are repeated.
Taps lanczosTaps(double from, double length, int size, int low, int high);

}  // namespace private_image
