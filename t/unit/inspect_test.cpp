#include "render/inspect.hpp"

#include <gtest/gtest.h>

#include "pictures.hpp"

namespace private_image {
namespace {

using Depth = InspectionDepth;

Inspection inspectionOf(const std::string& bytes, Depth depth = Depth::header,
                        const Limits& limits = {}) {
    RenderSettings settings;
    settings.limits = limits;
    settings.sourceTypes = {SourceType::jpeg, SourceType::png, SourceType::gif};
    return inspect({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}, settings,
                   depth, std::chrono::steady_clock::time_point::max());
}

// Colours that do not compress well, so that half a file has half the pixels.
std::string pngOf(int width, int height) {
    return pictures::png(pictures::paint(width, height, 3, [](int x, int y) {
        const auto value = static_cast<unsigned char>((x * 7919 + y * 104729) >> 3);
        return Colour{value, static_cast<std::uint8_t>(value * 31), static_cast<std::uint8_t>(x),
                      255};
    }));
}

TEST(Inspect, TheHeaderGivesTypeAndSize) {
    const Inspection inspection = inspectionOf(pngOf(70, 50));
    EXPECT_FALSE(inspection.problem) << inspection.detail;
    EXPECT_EQ(inspection.type, SourceType::png);
    EXPECT_EQ(inspection.size, (Size{70, 50}));
    EXPECT_EQ(inspection.frames, 1u);
}

TEST(Inspect, OnlyPixelsShowThatAFileIsTruncated) {
    const std::string whole = pngOf(200, 200);
    const std::string half = whole.substr(0, whole.size() / 2);
    EXPECT_FALSE(inspectionOf(half).problem);
    EXPECT_EQ(inspectionOf(half, Depth::pixels).problem, RenderProblem::damaged);
    EXPECT_FALSE(inspectionOf(whole, Depth::pixels).problem);
}

TEST(Inspect, EveryFrameIsDecoded) {
    const std::string moving = pictures::movingGif();
    EXPECT_EQ(inspectionOf(moving).frames, 3u);
    EXPECT_FALSE(inspectionOf(moving, Depth::pixels).problem);
}

TEST(Inspect, RefusesWhatNoRenderWouldAccept) {
    EXPECT_EQ(inspectionOf("<html>").problem, RenderProblem::unsupportedType);
    EXPECT_EQ(inspectionOf("").problem, RenderProblem::damaged);
    EXPECT_EQ(inspectionOf(pngOf(70, 50).substr(0, 20)).problem, RenderProblem::damaged);
    EXPECT_EQ(inspectionOf(pngOf(70, 50), Depth::header, {.sourcePixels = 3499}).problem,
              RenderProblem::tooLarge);
}

}  // namespace
}  // namespace private_image
