// A container with several pictures is rendered, measured and described by its primary item;
// thumbnails change nothing.
#include <algorithm>

#include "binary_files.hpp"
#include "pictures.hpp"
#include "render/heif/items.hpp"

namespace private_image {
namespace {

using namespace pictures;
using namespace binary_files;
using namespace std::string_literals;

class HeifPrimaryItem : public pictures::Test {};

// The content of the first box of that type in a genuine file.
std::string contentOf(const std::string& file, const std::string& type) {
    const auto at = file.find(type);
    std::uint64_t size = 0;
    for (int i = 4; i > 0; --i) {
        size = size << 8 | static_cast<unsigned char>(file[at - std::size_t(i)]);
    }
    return file.substr(at + 4, size - 8);
}

// The data of a genuine file's picture, without those of its metadata.
std::string codedPicture(const std::string& bytes) {
    HeifFile file;
    EXPECT_EQ(readHeifFile(bytes, file), "");
    std::string data;
    for (const std::string_view extent : file.items.at(*file.primary).extents) {
        data += extent;
    }
    return data;
}

struct Picture {
    Size size;
    Colour colour;
    std::optional<Size> declared = {};  // replaces the declared size of the content
};

// Items 1 to n, each a picture; the thumbnails are of the first.
std::string container(bool isAvif, const std::vector<Picture>& pictures, std::size_t primary,
                      const std::vector<std::size_t>& thumbnails = {},
                      const char* brand = nullptr) {
    std::string places, infos, properties, owners, references, data;
    std::string metaStart;
    std::vector<std::string> coded;
    for (const Picture& each : pictures) {
        const int width = int(each.size.width), height = int(each.size.height);
        const Image image = paint(width, height, 3, plain(each.colour));
        const std::string file = isAvif ? avif(image) : heic(image);
        coded.push_back(codedPicture(file));
        const Size declared = each.declared.value_or(each.size);
        properties += sizeProperty(declared.width, declared.height);
        const char* configuration = isAvif ? "av1C" : "hvcC";
        properties += box(configuration, contentOf(file, configuration));
    }
    const std::string head = box("ftyp", (brand != nullptr ? brand
                                          : isAvif         ? "avif"
                                                           : "heic") +
                                             "\0\0\0\0mif1"s);
    const auto meta = [&](std::size_t start) {
        places = infos = owners = references = data = {};
        for (std::size_t i = 0; i < coded.size(); ++i) {
            infos += fullBox("infe",
                             bigEndian(i + 1, 2) + "\0\0"s + (isAvif ? "av01" : "hvc1") + '\0', 2);
            places += bigEndian(i + 1, 2) + bigEndian(0, 2) + bigEndian(1, 2) +
                      bigEndian(start, 4) + bigEndian(coded[i].size(), 4);
            owners += bigEndian(i + 1, 2) + "\2"s + bigEndian(2 * i + 1, 1) +
                      bigEndian(0x80 | (2 * i + 2), 1);
            data += coded[i];
            start += coded[i].size();
        }
        for (const std::size_t each : thumbnails) {
            references += box("thmb", bigEndian(each, 2) + bigEndian(1, 2) + bigEndian(1, 2));
        }
        const std::string count = bigEndian(coded.size(), 2);
        return fullBox("meta",
                       fullBox("hdlr", "\0\0\0\0pict"s + std::string(13, '\0')) +
                           fullBox("pitm", bigEndian(primary, 2)) +
                           fullBox("iloc", "\x44\0"s + count + places) +
                           fullBox("iinf", count + infos) +
                           (references.empty() ? "" : fullBox("iref", references)) +
                           box("iprp", box("ipco", properties) +
                                           fullBox("ipma", bigEndian(coded.size(), 4) + owners)));
    };
    const std::size_t before = head.size() + meta(0).size() + 8;
    const std::string header = meta(before);
    return head + header + box("mdat", data);
}

const std::vector<Picture> threePictures{{{64, 64}, red}, {{128, 64}, green}, {{64, 128}, blue}};

void expectShown(const std::string& file, const Picture& picture, std::optional<Pages> pages = {},
                 const std::string& where = {}) {
    Transform transform = toPng({});
    transform.pages = pages;
    const RenderOutcome outcome = renderOf(file, transform);
    EXPECT_EQ(outcome.sourceSize, picture.size) << where << outcome.detail;
    const Decoded shown = decode(outcome);
    if (shown.image) {
        EXPECT_EQ(shown.size, picture.size) << where;
        expectNear(shown.at(20, 20), picture.colour, 12, where);
    }
}

TEST_F(HeifPrimaryItem, ThePrimaryItemIsRenderedAtAnyIndex) {
    for (bool isAvif : {true, false}) {
        for (std::size_t primary : {1u, 2u, 3u}) {
            const std::string file = container(isAvif, threePictures, primary);
            expectShown(file, threePictures[primary - 1], {}, std::to_string(primary));
        }
    }
}

TEST_F(HeifPrimaryItem, ARequestedPageIsCountedInTheFile) {
    for (bool isAvif : {true, false}) {
        const std::string file = container(isAvif, threePictures, 2);
        for (std::uint32_t page : {0u, 1u, 2u}) {
            expectShown(file, threePictures[page], Pages{page, 1}, std::to_string(page));
        }
        Transform beyond = toPng({});
        beyond.pages = Pages{3, 1};
        EXPECT_EQ(renderOf(file, beyond).problem, RenderProblem::badOptions);
    }
}

TEST_F(HeifPrimaryItem, ThePrimaryItemOfAFileWithASequenceIsRendered) {
    expectShown(container(true, threePictures, 2, {}, "avis"), threePictures[1]);
    expectShown(container(false, threePictures, 2, {}, "hevc"), threePictures[1]);
}

TEST_F(HeifPrimaryItem, LayersAndScaledImagesUseThePrimaryItemToo) {
    const std::string file = container(true, threePictures, 3);
    Step step = boxed(24, 0, Fit::inside);
    const Decoded scaled = decode(renderOf(file, toPng({step})));
    EXPECT_EQ(scaled.size, (Size{24, 48}));
    Layer layer;
    layer.path = "/layer";
    layer.steps = {boxed(32, 0, Fit::inside)};
    step = boxed(100, 100, Fit::inside);
    step.layers = {layer};
    const Decoded laid =
        decode(renderOf(png(paint(100, 100, 3, plain(white))), toPng({step}), settings(), {file}));
    ASSERT_TRUE(laid.image);
    expectNear(laid.at(50, 50), blue, 12);
    expectNear(laid.at(50, 5), white, 12);
    expectNear(laid.at(10, 50), white, 12);
}

TEST_F(HeifPrimaryItem, LimitsApplyToThePrimaryItem) {
    RenderSettings small = settings();
    small.limits.sourcePixels = 4096;
    EXPECT_TRUE(renderOf(container(true, threePictures, 1), toPng({}), small).rendered);
    const RenderOutcome large = renderOf(container(true, threePictures, 2), toPng({}), small);
    EXPECT_EQ(large.problem, RenderProblem::tooLarge) << large.detail;
}

TEST_F(HeifPrimaryItem, AnInconsistentThumbnailIsIgnored) {
    for (bool isAvif : {true, false}) {
        for (const Picture& thumbnail :
             {Picture{{64, 64}, blue}, Picture{{64, 64}, blue, {{40, 8}}},
              Picture{{192, 192}, blue, {{32, 32}}}}) {
            const std::vector<Picture> all{{{64, 64}, red}, thumbnail};
            const std::string file = container(isAvif, all, 1, {2});
            expectShown(file, all[0]);
            expectShown(file, all[0], Pages{0, 1});
            const Decoded small = decode(renderOf(file, toPng({boxed(16, 0, Fit::inside)})));
            ASSERT_TRUE(small.image);
            expectNear(small.at(8, 8), red, 12);
        }
    }
}

}  // namespace
}  // namespace private_image
