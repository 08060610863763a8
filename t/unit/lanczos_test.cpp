// The weights of each result pixel: their values, and the source pixels that they belong to.
#include "render/steps/lanczos.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace private_image {
namespace {

struct Case {
    double from, length;
    int size, low, high;
};

const Case cases[] = {
    {0, 100, 100, 0, 100},
    {0, 100, 37, 0, 100},
    {0, 250.75, 101, 0, 250},
    {3.25, 40.5, 17, 3, 44},
    {0, 100, 1, 0, 100},
    {0, 3, 40, 0, 3},
    {0, 1, 1, 0, 1},
    {7.125, 0.5, 9, 7, 8},
    {0, 65535, 3, 0, 65535},
    {12, 30, 45, 12, 42},
    {0.625, 1003.25, 803, 1, 1003},
};

std::string nameOf(const Case& test) {
    return std::to_string(test.from) + "+" + std::to_string(test.length) + " to " +
           std::to_string(test.size);
}

TEST(Lanczos, WeightsSumUpToOneAndLieWithinTheImage) {
    for (const Case& test : cases) {
        const Taps taps = lanczosTaps(test.from, test.length, test.size, test.low, test.high);
        EXPECT_EQ(taps.count % 4, 0);
        for (int pixel = 0; pixel < test.size; ++pixel) {
            const int first = taps.first[std::size_t(pixel)];
            EXPECT_GE(first, test.low) << nameOf(test);
            double sum = 0;
            for (int tap = 0; tap < taps.count; ++tap) {
                const float weight = taps.of(pixel)[tap];
                sum += double(weight);
                EXPECT_TRUE(first + tap < test.high || weight == 0) << nameOf(test);
            }
            EXPECT_NEAR(sum, 1, 1e-4) << nameOf(test);
        }
    }
}

// Away from the edges a linear slope is unchanged, so the filter has no offset.
TEST(Lanczos, DoesNotShiftASlope) {
    for (const Case& test : cases) {
        const Taps taps = lanczosTaps(test.from, test.length, test.size, test.low, test.high);
        const double factor = test.length / test.size;
        const double reach = 3 * std::max(1.0, factor) + 1;
        for (int pixel = 0; pixel < test.size; ++pixel) {
            const double centre = test.from + (pixel + 0.5) * factor;
            if (centre - reach < test.low || centre + reach > test.high) {
                continue;
            }
            double value = 0;
            for (int tap = 0; tap < taps.count; ++tap) {
                value += double(taps.of(pixel)[tap]) * (taps.first[std::size_t(pixel)] + tap + 0.5);
            }
            EXPECT_NEAR(value, centre, 0.02 * std::max(1.0, factor)) << nameOf(test);
        }
    }
}

TEST(Lanczos, ChangesNothingWithoutScaling) {
    const Taps taps = lanczosTaps(5, 20, 20, 5, 25);
    for (int pixel = 0; pixel < 20; ++pixel) {
        for (int tap = 0; tap < taps.count; ++tap) {
            const bool isSelf = taps.first[std::size_t(pixel)] + tap == 5 + pixel;
            EXPECT_NEAR(double(taps.of(pixel)[tap]), isSelf ? 1 : 0, 1e-6);
        }
    }
}

TEST(Lanczos, WeightsEqualTheFilterFunction) {
    const Taps taps = lanczosTaps(0, 200, 100, 0, 200);
    const auto lanczos = [](double x) {
        const double angle = std::acos(-1) * x;
        return 3 * std::sin(angle) * std::sin(angle / 3) / (angle * angle);
    };
    // Result pixel 50 lies between source pixels 100 and 101, half of a result's pixel apart.
    const auto weightOf = [&](int source) { return double(taps.of(50)[source - taps.first[50]]); };
    EXPECT_NEAR(weightOf(100), weightOf(101), 1e-6);
    EXPECT_NEAR(weightOf(102) / weightOf(101), lanczos(0.75) / lanczos(0.25), 1e-5);
    EXPECT_NEAR(weightOf(98) / weightOf(100), lanczos(1.25) / lanczos(0.25), 1e-5);
}

}  // namespace
}  // namespace private_image
