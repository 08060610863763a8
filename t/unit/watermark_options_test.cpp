#include "transform/watermark_options.hpp"

#include <gtest/gtest.h>

#include "transform/transform.hpp"

namespace private_image {
namespace {

TEST(WatermarkOptions, SetTheirMember) {
    Watermark watermark;
    for (const char* option :
         {"gravity=top-left", "opacity=.25", "scale=1", "margin=10000", "tile"}) {
        EXPECT_EQ(readWatermarkOption(option, watermark), "") << option;
    }
    EXPECT_EQ(watermark.gravity.x, 0);
    EXPECT_EQ(watermark.gravity.y, 0);
    EXPECT_EQ(watermark.opacity, .25);
    EXPECT_EQ(watermark.scale, 1);
    EXPECT_EQ(watermark.margin, 10'000u);
    EXPECT_TRUE(watermark.tile);
}

TEST(WatermarkOptions, GravityIsTheCentreASideOrACorner) {
    const struct {
        const char* option;
        double x, y;
    } cases[] = {
        {"gravity=center", .5, .5},  {"gravity=left", 0, .5},       {"gravity=right", 1, .5},
        {"gravity=top", .5, 0},      {"gravity=bottom", .5, 1},     {"gravity=top-left", 0, 0},
        {"gravity=top-right", 1, 0}, {"gravity=bottom-left", 0, 1}, {"gravity=bottom-right", 1, 1}};
    for (const auto& [option, x, y] : cases) {
        Watermark watermark;
        EXPECT_EQ(readWatermarkOption(option, watermark), "") << option;
        EXPECT_EQ(watermark.gravity.x, x) << option;
        EXPECT_EQ(watermark.gravity.y, y) << option;
    }
}

TEST(WatermarkOptions, AreRefusedWithAdviceAndChangeNothing) {
    const struct {
        const char* option;
        const char* advice;
    } cases[] = {
        {"gravity=middle", "gravity="},   {"gravity", "gravity="},
        {"opacity=0", "opacity=N"},       {"opacity=1.01", "opacity=N"},
        {"opacity=", "opacity=N"},        {"scale=-1", "scale=N"},
        {"scale=x", "scale=N"},           {"margin=10001", "margin=PX"},
        {"margin=-1", "margin=PX"},       {"margin=1.5", "margin=PX"},
        {"tile=1", "gravity=, opacity="}, {"", "gravity=, opacity="},
        {"size=3", "gravity=, opacity="},
    };
    for (const auto& [option, advice] : cases) {
        Watermark watermark;
        EXPECT_TRUE(readWatermarkOption(option, watermark).starts_with(advice)) << option;
        EXPECT_EQ(watermark.gravity.x, 1) << option;
        EXPECT_EQ(watermark.opacity, 1) << option;
        EXPECT_EQ(watermark.scale, 0) << option;
        EXPECT_FALSE(watermark.tile) << option;
    }
}

}  // namespace
}  // namespace private_image
