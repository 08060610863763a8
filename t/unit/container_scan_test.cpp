// What multiplies a decoder's work is counted; damage and what only looks like it are not.
#include "render/container_scan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace private_image {
namespace {

using namespace std::string_literals;

std::string_view excess(SourceType type, const std::string& text) {
    return excessOf(type, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

std::string times(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

const std::string jpeg = "\xFF\xD8\xFF\xDB\0\x04qq"s;
const std::string scan = "\xFF\xDA\0\x03n\x12\xFF\0\xDA\xFF\xD0\x34\xFF"s;
const std::string webp = "RIFF\xFF\xFF\0\0WEBP"s;
const std::string frame = "ANMF\x03\0\0\0abc\0"s;
const std::string png = "\x89PNG\r\n\x1A\n\0\0\0\0IHDRcrc!"s;
const std::string text = "\0\0\0\x02zTXtabcrc!"s;

TEST(ContainerScan, CountsTheScansOfAJpeg) {
    EXPECT_EQ(excess(SourceType::jpeg, jpeg + times(maxScans, scan)), "");
    EXPECT_NE(excess(SourceType::jpeg, jpeg + times(maxScans + 1, scan) + "\xFF\xD9"), "");
}

TEST(ContainerScan, LooksForScansInNoSegment) {
    const std::string application = "\xFF\xE1\x01\x92"s + times(200, "\xFF\xDA");
    EXPECT_EQ(excess(SourceType::jpeg, jpeg + application + scan), "");
}

TEST(ContainerScan, CountsTheFramesOfAWebp) {
    EXPECT_EQ(excess(SourceType::webp, webp + times(maxMoves, frame)), "");
    EXPECT_NE(excess(SourceType::webp, webp + times(maxMoves + 1, frame)), "");
}

TEST(ContainerScan, CountsTheDeflatedTextsOfAPng) {
    EXPECT_EQ(excess(SourceType::png, png + times(maxDeflated, text)), "");
    EXPECT_NE(excess(SourceType::png, png + times(maxDeflated + 1, text)), "");
    const std::string plain = "\0\0\0\x02tEXtabcrc!"s;
    EXPECT_EQ(excess(SourceType::png, png + times(100, plain)), "");
}

TEST(ContainerScan, AFileThatEndsAnywhereEndsTheScan) {
    for (const auto& [type, whole] :
         {std::pair(SourceType::jpeg, jpeg + scan), std::pair(SourceType::webp, webp + frame),
          std::pair(SourceType::png, png + text), std::pair(SourceType::gif, "GIF89a"s)}) {
        for (std::size_t length = 0; length <= whole.size(); ++length) {
            EXPECT_EQ(excess(type, whole.substr(0, length)), "");
        }
    }
    EXPECT_EQ(excess(SourceType::webp, webp + "ANMF\xFF\xFF\xFF\xFF"), "");
    EXPECT_EQ(excess(SourceType::png, png + "\xFF\xFF\xFF\xFFzTXt"), "");
    EXPECT_EQ(excess(SourceType::jpeg, jpeg + times(1000, "\xFF")), "");
}

}  // namespace
}  // namespace private_image
