// Areas that no frame of a GIF covers are transparent, as in browsers; the background colour of the
// file is ignored.
#include "gif_files.hpp"
#include "render/steps/gif_container.hpp"

namespace private_image {
namespace {

using namespace pictures;

class GifRender : public pictures::Test {};

const GifFrame wholeRed{.width = 40, .height = 40, .colour = 0};
const GifFrame middle{.left = 10, .top = 10, .width = 20, .height = 20, .colour = 1};
const GifFrame lowerRight{.left = 20, .top = 20, .width = 20, .height = 20, .colour = 1};

GifFrame with(GifFrame frame, int disposal, std::optional<int> transparentIndex = {}) {
    frame.disposal = disposal;
    frame.transparentIndex = transparentIndex;
    return frame;
}

// Lossless WebP, so that pixels can be compared exactly.
Transform exactly(std::vector<Step> steps = {}) {
    Transform transform = as(Format::webp, std::move(steps));
    transform.encoding.lossless = true;
    return transform;
}

// Pixels of one frame after the other.
Colour at(const Decoded& strip, int frame, int x, int y) {
    return strip.at(x, frame * 40 + y);
}

TEST_F(GifRender, UncoveredAreasAreTransparentInEachFormatAndSize) {
    const std::string source = gifOf({middle});
    for (Format format : {Format::gif, Format::webp, Format::png, Format::avif}) {
        for (int side : {20, 40, 80}) {
            const Decoded out =
                decode(renderOf(source, as(format, {boxed(side, side, Fit::inside)})));
            const std::string where = std::to_string(int(format)) + " at " + std::to_string(side);
            ASSERT_EQ(out.bands, 4) << where;
            // AVIF's alpha is lossy too.
            EXPECT_LE(out.at(0, 0).alpha, 2) << where;
            EXPECT_LE(out.at(side - 1, side - 1).alpha, 2) << where;
            expectNear(out.at(side / 2, side / 2), green, 9, where + ": lossy formats");
        }
    }
}

TEST_F(GifRender, UncoveredAreasAreWhiteWithoutAlpha) {
    const Decoded out = decode(renderOf(gifOf({middle}), as(Format::jpeg)));
    expectNear(out.at(1, 1), white, 3, "lossy");
    expectNear(out.at(20, 20), green, 12, "lossy, with half the colour's resolution");
}

TEST_F(GifRender, AreasAreTransparentUntilAFrameCoversThem) {
    GifFrame corner = middle;
    corner.left = corner.top = 0;
    corner.width = corner.height = 10;
    for (Format format : {Format::gif, Format::webp}) {
        const Decoded out = decode(renderOf(gifOf({middle, corner}), as(format)));
        ASSERT_EQ(out.bands, 4);
        EXPECT_EQ(at(out, 0, 2, 2).alpha, 0);
        EXPECT_EQ(at(out, 1, 2, 2).alpha, 255);
        EXPECT_EQ(at(out, 1, 20, 20).alpha, 255);
        EXPECT_EQ(at(out, 1, 2, 38).alpha, 0);
    }
}

TEST_F(GifRender, DisposalClearsForEveryBackgroundIndex) {
    for (int background : {0, 1, 3, 200}) {
        for (std::optional<int> index : {std::optional<int>{}, std::optional<int>{3}}) {
            const std::string source = gifOf({with(wholeRed, 2, index), lowerRight}, background);
            const Decoded out = decode(renderOf(source, exactly()));
            const std::string where = "background " + std::to_string(background);
            ASSERT_EQ(out.bands, 4) << where;
            EXPECT_EQ(at(out, 0, 2, 2), red) << where;
            EXPECT_EQ(at(out, 1, 2, 2).alpha, 0) << where;
            EXPECT_EQ(at(out, 1, 30, 30), green) << where;
        }
    }
}

// A frame without an index lies between frames that have one: libvips decodes with alpha.
TEST_F(GifRender, DisposalClearsBetweenFramesWithATransparentIndex) {
    const std::string source =
        gifOf({with(wholeRed, 1, 3), with(middle, 2), with(lowerRight, 0, 1)}, 1);
    const Decoded out = decode(renderOf(source, exactly()));
    ASSERT_EQ(out.bands, 4);
    EXPECT_EQ(at(out, 1, 15, 15), green);
    EXPECT_EQ(at(out, 2, 15, 15).alpha, 0);
    EXPECT_EQ(at(out, 2, 25, 25).alpha, 0) << "the last frame's own pixels are transparent";
    EXPECT_EQ(at(out, 2, 2, 2), red);
}

TEST_F(GifRender, DisposalClearsWithEveryPalette) {
    GifFile file;
    file.frames = {with(wholeRed, 2), lowerRight};
    for (GifFrame& frame : file.frames) {
        frame.hasPalette = true;
    }
    file.hasPalette = false;
    EXPECT_EQ(at(decode(renderOf(write(file), exactly())), 1, 2, 2).alpha, 0) << "local ones";
    file.hasPalette = true;
    EXPECT_EQ(at(decode(renderOf(write(file), exactly())), 1, 2, 2).alpha, 0) << "both kinds";
    file.palette = {4, blue};
    file.frames = {with(wholeRed, 2), lowerRight};
    const Decoded one = decode(renderOf(write(file), exactly()));
    EXPECT_EQ(at(one, 1, 2, 2).alpha, 0) << "a single colour";
    EXPECT_EQ(at(one, 1, 30, 30), blue);
}

TEST_F(GifRender, OtherDisposalsKeepOrRestore) {
    const GifFrame last{.width = 5, .height = 5, .colour = 2};
    for (int disposal : {0, 1, 5, 7}) {
        const Decoded out =
            decode(renderOf(gifOf({wholeRed, with(lowerRight, disposal), last}, 3), exactly()));
        EXPECT_EQ(at(out, 2, 30, 30), green) << disposal;
    }
    for (int disposal : {3, 4}) {
        const Decoded out =
            decode(renderOf(gifOf({wholeRed, with(lowerRight, disposal), last}, 3), exactly()));
        EXPECT_EQ(at(out, 2, 30, 30), red) << disposal;
    }
    const Decoded first = decode(renderOf(gifOf({with(wholeRed, 3), lowerRight}, 3), exactly()));
    ASSERT_EQ(first.bands, 4);
    EXPECT_EQ(at(first, 1, 2, 2).alpha, 0) << "before the first frame there was nothing";
}

// The frame in between covers the cleared area, and its disposal restores it.
TEST_F(GifRender, RestoringKeepsAClearedArea) {
    const GifFrame over = with({.width = 40, .height = 40, .colour = 2}, 3);
    const Decoded out =
        decode(renderOf(gifOf({with(wholeRed, 2), over, lowerRight}, 3), exactly()));
    ASSERT_EQ(out.bands, 4);
    EXPECT_EQ(at(out, 1, 2, 2), blue);
    EXPECT_EQ(at(out, 2, 2, 2).alpha, 0);
    EXPECT_EQ(at(out, 2, 30, 30), green);
}

TEST_F(GifRender, AnAnimationOfWholeFramesStaysOpaque) {
    GifFrame other = wholeRed;
    other.colour = 2;
    const Decoded out = decode(
        renderOf(gifOf({with(wholeRed, 2), with(other, 2), with(wholeRed, 2)}, 3), exactly()));
    EXPECT_EQ(out.bands, 3);
    EXPECT_EQ(at(out, 1, 2, 2), blue);
}

TEST_F(GifRender, InterlacedFramesLeaveTheSameAreasFree) {
    GifFrame frame = middle;
    frame.isInterlaced = true;
    const Decoded out = decode(renderOf(gifOf({frame}), toPng({})));
    ASSERT_EQ(out.bands, 4);
    for (int y = 0; y < 40; ++y) {
        EXPECT_EQ(out.at(20, y).alpha, y >= 10 && y < 30 ? 255 : 0) << y;
    }
}

// libvips ignores screen sizes that tools wrote instead of the real ones, and large sizes.
TEST_F(GifRender, TheCanvasIsTheLogicalScreen) {
    constexpr Size screens[] = {{640, 480}, {800, 600}, {3000, 30}, {40, 2049}, {41, 50}};
    for (const Size screen : screens) {
        GifFile file;
        file.width = screen.width;
        file.height = screen.height;
        file.frames = {middle};
        const Decoded out = decode(renderOf(write(file), toPng({})));
        EXPECT_EQ(out.size, screen);
        ASSERT_EQ(out.bands, 4);
        EXPECT_EQ(out.at(0, 0).alpha, 0);
        EXPECT_EQ(out.at(20, 20), green);
        EXPECT_EQ(out.at(int(screen.width) - 1, int(screen.height) - 1).alpha, 0);
    }
}

TEST_F(GifRender, OnlyTheFirstFrameMakesTheCanvasLarger) {
    GifFile file;
    file.width = file.height = 0;
    file.frames = {middle, with(wholeRed, 2), lowerRight};
    const RenderOutcome grown = renderOf(write(file), exactly());
    ASSERT_TRUE(grown.rendered) << grown.detail;
    EXPECT_EQ(grown.rendered->size, (Size{30, 30}));
    const Decoded out = decode(grown);
    EXPECT_EQ(out.at(2, 2).alpha, 0);
    EXPECT_EQ(out.at(2, 32), red);
    EXPECT_EQ(out.at(2, 62).alpha, 0);
    EXPECT_EQ(out.at(25, 85), green);
    file.frames = {GifFrame{.left = 40, .top = 40, .width = 5, .height = 5}, wholeRed};
    file.width = file.height = 40;
    const RenderOutcome beside = renderOf(write(file), exactly());
    ASSERT_TRUE(beside.rendered) << beside.detail;
    EXPECT_EQ(beside.rendered->size, (Size{45, 45}));
    EXPECT_EQ(decode(beside).at(2, 2).alpha, 0);
    EXPECT_EQ(decode(beside).at(42, 42), red);
}

TEST_F(GifRender, DelaysLoopsAndPagesAreKept) {
    std::vector<GifFrame> frames;
    for (int i = 0; i < 5; ++i) {
        frames.push_back(with(i % 2 == 0 ? middle : lowerRight, 2));
        frames.back().delay = 10 + i;
    }
    const std::string source = gifOf(frames, 3);
    RenderSettings location = settings();
    location.limits.frames = 3;
    const RenderOutcome limited = renderOf(source, exactly(), location);
    ASSERT_TRUE(limited.rendered) << limited.detail;
    EXPECT_EQ(limited.rendered->frames, 3u);
    Transform later = exactly();
    later.pages = Pages{3, 2};
    const RenderOutcome outcome = renderOf(source, later);
    ASSERT_TRUE(outcome.rendered) << outcome.detail;
    EXPECT_EQ(outcome.rendered->frames, 2u);
    const Decoded out = decode(outcome);
    int* delays = nullptr;
    int count = 0;
    ASSERT_EQ(vips_image_get_array_int(out.image.get(), "delay", &delays, &count), 0);
    EXPECT_EQ(std::vector<int>(delays, delays + count), (std::vector<int>{130, 140}));
    EXPECT_EQ(at(out, 0, 35, 35), green);
    EXPECT_EQ(at(out, 0, 12, 12).alpha, 0);
    EXPECT_EQ(at(out, 1, 12, 12), green);
    EXPECT_EQ(at(out, 1, 35, 35).alpha, 0);
    later.pages = Pages{5, 1};
    EXPECT_EQ(renderOf(source, later).problem, RenderProblem::badOptions);
}

TEST_F(GifRender, ADamagedEndIsTreatedAsInOtherGifs) {
    const std::string two = gifOf({with(middle, 2), lowerRight}, 3);
    const RenderOutcome cut = renderOf(two.substr(0, two.size() - 60), exactly());
    ASSERT_TRUE(cut.rendered) << cut.detail;
    EXPECT_EQ(cut.rendered->frames, 2u);
    EXPECT_EQ(at(decode(cut), 1, 12, 12).alpha, 0);
    const RenderOutcome junk = renderOf(two.substr(0, two.size() - 1) + "junk", exactly());
    ASSERT_TRUE(junk.rendered) << junk.detail;
    EXPECT_EQ(junk.rendered->frames, 2u);
    const std::string one = gifOf({middle});
    for (std::size_t length = 10; length + 2 < one.size(); length += 7) {
        EXPECT_EQ(renderOf(one.substr(0, length), exactly()).problem, RenderProblem::damaged)
            << length;
    }
}

TEST_F(GifRender, ManyFramesAreReadAsFarAsTheyCount) {
    const GifFrame pixel{.width = 1, .height = 1, .colour = 1, .disposal = 2};
    std::vector<GifFrame> frames(20000, pixel);
    frames.front() = middle;
    GifFile file;
    file.frames = frames;
    const RenderOutcome small = renderOf(write(file), exactly());
    ASSERT_TRUE(small.rendered) << small.detail;
    EXPECT_EQ(small.rendered->frames, 250u);
    file.width = file.height = 700;
    const RenderOutcome large = renderOf(write(file), exactly());
    EXPECT_EQ(large.problem, RenderProblem::tooLarge) << "700 x 700 x 250";
}

// The blocks of a file show whether it must be rewritten.
TEST(GifContainer, FindsFilesThatNeedRewriting) {
    const auto read = [](const std::string& file) {
        return readGifCanvas(view(file)).value_or(GifCanvas{});
    };
    EXPECT_FALSE(read(gifOf({wholeRed})).needsRewriting());
    EXPECT_FALSE(read(gifOf({wholeRed, with(middle, 3), lowerRight})).needsRewriting());
    EXPECT_FALSE(read(gifOf({with(wholeRed, 2)})).needsRewriting()) << "the last one";
    EXPECT_FALSE(read(gifOf({with(wholeRed, 2), wholeRed})).needsRewriting());
    EXPECT_FALSE(read(gifOf({with(middle, 2, 0), lowerRight})).needsRewriting());
    EXPECT_TRUE(read(gifOf({middle})).hasHoles);
    EXPECT_FALSE(read(gifOf({middle, lowerRight})).showsBackground);
    EXPECT_TRUE(read(gifOf({with(wholeRed, 2), lowerRight})).showsBackground);
    EXPECT_TRUE(read(gifOf({with(wholeRed, 2), with(wholeRed, 0, 1)})).showsBackground);
    EXPECT_FALSE(readGifCanvas(view("GIF89a")));
    EXPECT_FALSE(readGifCanvas(view(gifOf({}))));
}

}  // namespace
}  // namespace private_image
