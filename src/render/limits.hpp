// Limits on what a render may cost, and saturating arithmetic for them.
#pragma once

#include <cstdint>

namespace private_image {

struct Limits {
    std::uint64_t sourcePixels = 100'000'000;      // width x height x frames used
    std::uint64_t progressivePixels = 50'000'000;  // the same for progressive or interlaced sources
    std::uint64_t outputPixels = 50'000'000;  // all frames together, of every intermediate image
    std::uint32_t frames = 250;               // further frames are dropped
};

// Rows that all frames of an animation have together: libvips joins them into one tall image. The
// maximum of libvips before 8.16 (VIPS_MAX_COORD, since then 100,000,000 and configurable); the
// same for every version.
inline constexpr std::uint64_t maxRows = 10'000'000;

// width x height x frames, at most UINT64_MAX.
std::uint64_t pixelCount(std::uint64_t width, std::uint64_t height, std::uint64_t frames);

}  // namespace private_image
