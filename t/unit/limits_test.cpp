// Pixel counts saturate instead of wrapping.
#include "render/limits.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace private_image {
namespace {

TEST(Limits, CountsThePixelsOfAllFrames) {
    EXPECT_EQ(pixelCount(640, 480, 1), 307'200u);
    EXPECT_EQ(pixelCount(640, 480, 10), 3'072'000u);
    EXPECT_EQ(pixelCount(0, 480, 10), 0u);
    EXPECT_EQ(pixelCount(640, 480, 0), 0u);
}

TEST(Limits, SaturatesWhereTheProductDoesNotFit) {
    EXPECT_EQ(pixelCount(UINT32_MAX, UINT32_MAX, 1), 18'446'744'065'119'617'025u);
    EXPECT_EQ(pixelCount(UINT32_MAX, UINT32_MAX, 2), UINT64_MAX);
    EXPECT_EQ(pixelCount(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
    EXPECT_EQ(pixelCount(UINT64_MAX, UINT64_MAX, 0), 0u);
}

}  // namespace
}  // namespace private_image
