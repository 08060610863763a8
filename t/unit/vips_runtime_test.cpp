// The configuration of libvips in our process, and the queries about its capabilities.
#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;

class VipsRuntime : public pictures::Test {
protected:
    void TearDown() override { startLibrary(); }

    static void start(std::vector<SourceType> allowed) {
        std::string problem;
        ASSERT_TRUE(startVips(
            allowed, [](std::string_view) {}, problem))
            << problem;
    }
};

TEST_F(VipsRuntime, OneThreadAndNoOperationCache) {
    EXPECT_EQ(vips_concurrency_get(), 1);
    EXPECT_EQ(vips_cache_get_max(), 0);
}

TEST_F(VipsRuntime, UntrustedTypesAreBlockedUnlessNamed) {
    const std::string drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>";
    start({SourceType::jpeg});
    EXPECT_FALSE(openSource(SourceType::svg, view(drawing)));
    vips_error_clear();
    start({SourceType::svg});
    EXPECT_TRUE(openSource(SourceType::svg, view(drawing)));
}

TEST_F(VipsRuntime, FilesAreNeverOpenedAndContentNeverGuessed) {
    EXPECT_EQ(vips_image_new_from_file("/proc/self/exe", nullptr), nullptr);
    const std::string pixmap = "P6 1 1 255 abc";
    EXPECT_EQ(vips_image_new_from_buffer(pixmap.data(), pixmap.size(), "", nullptr), nullptr);
    const std::string table = "1,2\n3,4\n";
    EXPECT_EQ(vips_image_new_from_buffer(table.data(), table.size(), "", nullptr), nullptr);
    vips_error_clear();
}

TEST_F(VipsRuntime, ReportsReadableAndWritableFormats) {
    for (Format format :
         {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif, Format::jxl}) {
        EXPECT_TRUE(canWrite(format)) << int(format);
    }
    for (SourceType type : everyType) {
        EXPECT_TRUE(canRead(type)) << int(type);
    }
}

TEST_F(VipsRuntime, WarningsReachTheLog) {
    static std::string lines;
    std::string problem;
    ASSERT_TRUE(startVips(
        everyType, [](std::string_view line) { lines += line; }, problem));
    g_log("VIPS", G_LOG_LEVEL_WARNING, "read gave %d warnings", 2);
    g_log("GLib", G_LOG_LEVEL_CRITICAL, "something failed");
    g_log("VIPS", G_LOG_LEVEL_WARNING, "a name with\n2026/01/01 a line\x1b[31m");
    g_log("VIPS", G_LOG_LEVEL_INFO, "chatter");
    EXPECT_NE(lines.find("read gave 2 warnings"), std::string::npos);
    EXPECT_NE(lines.find("something failed"), std::string::npos);
    EXPECT_NE(lines.find("a name with 2026/01/01 a line [31m"), std::string::npos);
    EXPECT_EQ(lines.find("chatter"), std::string::npos);
}

TEST_F(VipsRuntime, TheEndOfAJobClearsItsErrors) {
    vips_error("test", "left over");
    EXPECT_STRNE(vips_error_buffer(), "");
    endVipsJob();
    EXPECT_STREQ(vips_error_buffer(), "");
}

TEST_F(VipsRuntime, AWatermarkIsDecodedCompletely) {
    const std::string logo = png(paint(30, 20, 4, plain(red)));
    EXPECT_EQ(checkWatermark(logo), "");
    EXPECT_EQ(checkWatermark(jpeg(paint(30, 20, 3, plain(red)))), "");
    EXPECT_NE(checkWatermark(""), "");
    EXPECT_NE(checkWatermark("text"), "");
    EXPECT_NE(checkWatermark(logo.substr(0, logo.size() / 2)), "");
    EXPECT_EQ(checkWatermark(gif(animation(4, 4, {plain(red), plain(blue)}, {50, 50}, 0))),
              "is an animation");
}

TEST_F(VipsRuntime, AWatermarkHasAtMostSixteenMegapixels) {
    VipsImage* black = nullptr;
    ASSERT_EQ(vips_black(&black, 4001, 4000, nullptr), 0);
    EXPECT_EQ(checkWatermark(png(Image(black))), "has more than 16 megapixels");
}

}  // namespace
}  // namespace private_image
