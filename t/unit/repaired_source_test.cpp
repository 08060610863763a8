// Files without their end marker are repaired and rendered; files without rows are damaged.
#include "render/repaired_source.hpp"

#include "pictures.hpp"

namespace private_image {
namespace {

using namespace pictures;
using namespace std::string_literals;

class RepairedSource : public pictures::Test {};

// No part is flat, so that a missing row is visible.
Image textured(int width, int height, int bands = 3) {
    return paint(width, height, bands, [](int x, int y) {
        const auto shade = [x, y](int a, int b) {
            return static_cast<unsigned char>((x * a + y * b + x * y) % 256);
        };
        return Colour{shade(3, 5), shade(7, 2), shade(1, 11)};
    });
}

std::string baseline(const Image& image) {
    return save(vips_jpegsave_buffer, image, "Q", 90);
}
std::string progressive(const Image& image) {
    return save(vips_jpegsave_buffer, image, "Q", 90, "interlace", TRUE);
}

struct Kind {
    const char* name;
    std::string file;
};

std::vector<Kind> everyJpeg() {
    const Image image = textured(333, 207);
    return {{"baseline", baseline(image)},
            {"4:4:4", jpeg(image)},
            {"restarts", save(vips_jpegsave_buffer, image, "Q", 90, "restart_interval", 5)},
            {"progressive", progressive(image)},
            {"optimized", save(vips_jpegsave_buffer, image, "Q", 90, "optimize_coding", TRUE)},
            {"grey", baseline(textured(333, 207, 1))},
            {"grey, progressive", progressive(textured(333, 207, 1))},
            {"one block", baseline(textured(8, 8, 1))},
            {"one block high", baseline(textured(333, 5))}};
}

std::string withoutEnd(const std::string& file, std::size_t less = 2) {
    return file.substr(0, file.size() - less);
}

std::string pngOf(const std::string& file, Step step) {
    const RenderOutcome outcome = renderOf(file, toPng({std::move(step)}));
    if (!outcome.rendered) {
        return "problem " + std::to_string(int(outcome.problem)) + ": " + outcome.detail;
    }
    const Rendered& rendered = *outcome.rendered;
    return {reinterpret_cast<const char*>(rendered.bytes.data.get()), rendered.bytes.size};
}

std::string damagedOr(const std::string& file, Step step = {}) {
    const RenderOutcome outcome = renderOf(file, toPng({std::move(step)}));
    if (outcome.rendered) {
        return "shown";
    }
    return outcome.problem == RenderProblem::damaged ? "damaged" : outcome.detail;
}

TEST_F(RepairedSource, AJpegWithoutItsEndMarkerIsRenderedLikeACompleteOne) {
    for (const auto& [name, file] : everyJpeg()) {
        for (int width : {0, 333, 160, 80, 40, 3}) {  // for each factor that the decoder shrinks by
            const Step step = width > 0 ? boxed(width, 0, Fit::inside) : Step{};
            const std::string whole = pngOf(file, step);
            EXPECT_EQ(pngOf(withoutEnd(file), step), whole) << name << " at " << width;
            EXPECT_EQ(pngOf(withoutEnd(file, 1), step), whole) << name << " at " << width;
        }
    }
}

TEST_F(RepairedSource, BytesAfterAPictureAreIgnored) {
    for (const auto& [name, file] : everyJpeg()) {
        const std::string whole = pngOf(file, {});
        for (const std::string& rest :
             {std::string(1, '\0'), std::string(5000, '\0'), "text"s, file}) {
            EXPECT_EQ(pngOf(file + rest, {}), whole) << name;
        }
    }
    const std::string file = everyJpeg().front().file;
    EXPECT_EQ(pngOf(withoutEnd(file) + std::string(5000, '\0'), {}), pngOf(file, {}));
}

TEST_F(RepairedSource, AJpegWithoutSomeRowsIsDamaged) {
    for (const auto& [name, file] : everyJpeg()) {
        for (std::size_t less : {file.size() / 50 + 12, file.size() / 8, file.size() / 3}) {
            if (file.size() > 1000) {  // smaller files have a single block
                EXPECT_EQ(damagedOr(withoutEnd(file, less)), "damaged") << name << " less " << less;
                EXPECT_EQ(damagedOr(withoutEnd(file, less), boxed(40, 0, Fit::inside)), "damaged")
                    << name << " less " << less;
            }
        }
    }
}

TEST_F(RepairedSource, AProgressiveJpegWithoutAScanIsDamaged) {
    const std::string file = progressive(textured(333, 207));
    int scans = 0;
    for (auto at = file.find("\xFF\xDA"); at != file.npos; at = file.find("\xFF\xDA", at + 1)) {
        EXPECT_EQ(damagedOr(file.substr(0, at)), "damaged") << at;
        ++scans;
    }
    EXPECT_GT(scans, 5);
}

TEST_F(RepairedSource, CompleteAndBadlyDamagedFilesAreNotRepaired) {
    const std::string file = baseline(textured(64, 64));
    EXPECT_TRUE(repairedJpeg(SourceType::jpeg, view(file)).empty());
    EXPECT_TRUE(repairedJpeg(SourceType::jpeg, view(file + "rest")).empty());
    EXPECT_TRUE(repairedJpeg(SourceType::png, view(withoutEnd(file))).empty());
    EXPECT_FALSE(repairedJpeg(SourceType::jpeg, view(withoutEnd(file))).empty());
    const std::size_t scan = file.find("\xFF\xDA");
    for (std::size_t length = 0; length < scan + 4; ++length) {
        EXPECT_TRUE(repairedJpeg(SourceType::jpeg, view(file.substr(0, length))).empty()) << length;
    }
}

// ------------------------------------------------------------------ PNG

std::string chunk(const std::string& name, const std::string& content) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) {
        text += static_cast<char>(content.size() >> shift);
    }
    return text + name + content + "sum?";  // an invalid checksum
}

TEST_F(RepairedSource, AnInvalidChecksumMattersOnlyInChunksForPixels) {
    constexpr std::size_t header = 8 + 25;
    for (int bands : {3, 4}) {
        const std::string file = png(textured(40, 30, bands));
        for (const char* name : {"PLTE", "tEXt", "gAMA", "abCd"}) {
            const std::string content = name == "tEXt"s ? "a\0b"s : "\1\2\3"s;
            const std::string changed =
                file.substr(0, header) + chunk(name, content) + file.substr(header);
            EXPECT_EQ(pngOf(changed, {}), pngOf(file, {})) << name;
        }
    }
    std::string colours = save(vips_pngsave_buffer, textured(40, 30), "palette", TRUE);
    const auto palette = colours.find("PLTE");
    ASSERT_NE(palette, colours.npos);
    colours[palette + 4] ^= 1;
    // libspng, which libvips 8.16 is built with, ignores the checksum of a palette.
    const bool isLibspng = vips_version(0) > 8 || vips_version(1) >= 16;
    EXPECT_EQ(damagedOr(colours), isLibspng ? "shown" : "damaged");
}

TEST_F(RepairedSource, APngOrGifWithoutItsEndIsRendered) {
    EXPECT_EQ(damagedOr(withoutEnd(png(textured(40, 30)), 12)), "shown");
    EXPECT_EQ(damagedOr(withoutEnd(gif(textured(40, 30)), 1)), "shown");
}

}  // namespace
}  // namespace private_image
