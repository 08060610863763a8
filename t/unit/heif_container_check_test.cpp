// checkHeif() reads containers as libheif does, or refuses them. It counts the coded sizes, not the
// declared ones.
#include <gtest/gtest.h>

#include <algorithm>

#include "binary_files.hpp"
#include "pictures.hpp"
#include "render/heif/container_check.hpp"
#include "render/heif/items.hpp"

namespace private_image {
namespace {

using namespace binary_files;
using namespace std::string_literals;

HeifVerdict scan(const std::string& text, bool asksForPage = false) {
    return checkHeif({reinterpret_cast<const unsigned char*>(text.data()), text.size()},
                     asksForPage);
}

// The AV1 header of a still picture, with 16 bits for each side, and the beginning of a frame.
std::string coded(unsigned width, unsigned height) {
    const std::uint64_t bits =  // 5 flags, a level, 4 + 4, 16 + 16: 50 bits
        (std::uint64_t(3) << 45 | std::uint64_t(255) << 32 | std::uint64_t(width - 1) << 16 |
         (height - 1))
        << 6;
    return "\x0A\x07"s + bigEndian(bits, 7) + "\x32\x02xy"s;
}

std::string grid(int rows, int columns, std::uint64_t width, std::uint64_t height) {
    return "\0\1"s + bigEndian(rows - 1, 1) + bigEndian(columns - 1, 1) + bigEndian(width, 4) +
           bigEndian(height, 4);
}

struct Item {
    std::string type, data;
    std::string properties;  // indices of the item's properties, from 1
    bool isHidden = false;
    std::string more = {};  // of its description
};

struct Container {
    std::vector<Item> items;
    std::vector<std::string> properties;
    std::string references = {};
    bool isInMeta = false;
    int primary = 1;
    std::string places = {};  // replaces the correct locations
    std::string infos = {}, meta = {}, file = {};

    std::string text() const {
        const std::string head = box("ftyp", "avif\0\0\0\0mif1avif"s);
        std::string data;
        for (const Item& item : items) {
            data += item.data;
        }
        const std::size_t before = head.size() + metaBox(0, data).size() + 8;
        return head + metaBox(before, data) + box("mdat", data) + file;
    }

    std::string metaBox(std::size_t start, const std::string& data) const {
        std::string list, where, owned;
        start = isInMeta ? 0 : start;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const Item& item = items[i];
            list += box("infe", "\2\0\0"s + (item.isHidden ? '\1' : '\0') + bigEndian(i + 1, 2) +
                                    "\0\0"s + item.type + item.more + '\0');
            where += bigEndian(i + 1, 2) + bigEndian(isInMeta, 2) + bigEndian(0, 2) +
                     bigEndian(1, 2) + bigEndian(start, 4) + bigEndian(item.data.size(), 4);
            owned += bigEndian(i + 1, 2) + bigEndian(item.properties.size(), 1) + item.properties;
            start += item.data.size();
        }
        std::string all;
        for (const std::string& property : properties) {
            all += property;
        }
        return fullBox(
            "meta",
            fullBox("pitm", bigEndian(std::uint64_t(primary), 2)) +
                fullBox("iloc",
                        "\x44\0"s + bigEndian(items.size(), 2) + (places.empty() ? where : places),
                        1) +
                fullBox("iinf", bigEndian(items.size(), 2) + list + infos) +
                box("iprp",
                    box("ipco", all) + fullBox("ipma", bigEndian(items.size(), 4) + owned)) +
                (references.empty() ? "" : fullBox("iref", references)) +
                (isInMeta ? box("idat", data) : "") + meta);
    }
};

std::string refer(const std::string& type, int from, const std::vector<int>& to) {
    std::string all = bigEndian(from, 2) + bigEndian(to.size(), 2);
    for (int each : to) {
        all += bigEndian(each, 2);
    }
    return box(type, all);
}

const std::string configuration = box("av1C", "\x81\0\0\0"s);

// A container with one picture of 64x48, in the given coding.
Container picture(unsigned width = 64, unsigned height = 48) {
    return {{{"av01", coded(width, height), "\1\2"}}, {sizeProperty(64, 48), configuration}};
}

// 2x2 tiles of 64x48.
Container tiles(std::uint64_t width = 128, std::uint64_t height = 96) {
    return {{{"grid", grid(2, 2, width, height), "\3"}, {"av01", coded(64, 48), "\1\2", true}},
            {sizeProperty(64, 48), configuration, sizeProperty(128, 96)},
            refer("dimg", 1, {2, 2, 2, 2})};
}

void expectRefused(const Container& container, HeifProblem problem = HeifProblem::damaged,
                   bool asksForPage = false) {
    const HeifVerdict verdict = scan(container.text(), asksForPage);
    EXPECT_NE(verdict.refusal, "");
    EXPECT_EQ(verdict.problem, problem) << verdict.refusal;
}

constexpr HeifProblem contradicts = HeifProblem::contradicts;
constexpr HeifProblem unsupported = HeifProblem::unsupported;
// libheif since 1.19 lets x265 code at least 64x64 pixels with even sides, and crops the result.
std::uint64_t codedByX265(std::uint32_t side) {
    return std::max(64u, side + side % 2);
}

TEST(HeifContainerCheck, AcceptsTheOutputOfEncoders) {
    pictures::startLibrary();
    for (const Size each : {Size{1, 1}, Size{7, 3}, Size{64, 65}, Size{200, 120}}) {
        const int width = int(each.width), height = int(each.height);
        const Image image = pictures::paint(width, height, 3, pictures::quadrants(width, height));
        const HeifVerdict avif = scan(pictures::avif(image));
        EXPECT_EQ(avif.refusal, "") << each.width;
        EXPECT_EQ(avif.pixels, std::uint64_t(each.width) * each.height);
        const HeifVerdict heic = scan(pictures::heic(image));
        EXPECT_EQ(heic.refusal, "") << each.width;
        EXPECT_GE(heic.pixels, std::uint64_t(each.width) * each.height);
        EXPECT_LE(heic.pixels, codedByX265(each.width) * codedByX265(each.height));
    }
}

TEST(HeifContainerCheck, CountsCodedPixels) {
    EXPECT_EQ(scan(picture().text()).refusal, "");
    EXPECT_EQ(scan(picture().text()).pixels, 64u * 48);
    expectRefused(picture(23000, 23000), contradicts);
    EXPECT_EQ(scan(picture(23000, 23000).text()).pixels, 23000u * 23000);
    expectRefused(picture(32, 32), contradicts);
}

TEST(HeifContainerCheck, ReadsTheConfigurationAsPartOfTheStream) {
    Container container = picture();
    container.properties[1] = box("av1C", "\x81\0\0\0"s + coded(9000, 9000));
    expectRefused(container);
}

TEST(HeifContainerCheck, FollowsDataInTheHeader) {
    Container container = picture();
    container.isInMeta = true;
    EXPECT_EQ(scan(container.text()).refusal, "");
    container.items[0].data = coded(9000, 9000);
    expectRefused(container, contradicts);
}

TEST(HeifContainerCheck, CountsTilesAsOftenAsTheyAreUsed) {
    EXPECT_EQ(scan(tiles().text()).refusal, "");
    EXPECT_EQ(scan(tiles().text()).pixels, 128u * 96);
    Container wide = tiles();
    wide.items[0].data = grid(1, 4, 128, 48);
    wide.properties[2] = sizeProperty(128, 48);
    EXPECT_EQ(scan(wide.text()).pixels, 256u * 48);
}

TEST(HeifContainerCheck, RefusesGridsThatContradictTheirContainer) {
    expectRefused(tiles(6400, 6400), contradicts);
    EXPECT_EQ(scan(tiles(6400, 6400).text()).pixels, 6400u * 6400);
    Container missing = tiles();
    missing.references = refer("dimg", 1, {2, 2, 2});
    expectRefused(missing);
    Container uncovered = tiles(129, 96);
    uncovered.properties[2] = sizeProperty(129, 96);
    expectRefused(uncovered);
}

TEST(HeifContainerCheck, RefusesPicturesThatContainThemselves) {
    Container itself{{{"iden", "", "\3"}},
                     {sizeProperty(64, 48), configuration, sizeProperty(128, 96)},
                     refer("dimg", 1, {1})};
    expectRefused(itself);
    itself.items.push_back({"iden", "", "\3"});
    itself.references = refer("dimg", 1, {2}) + refer("dimg", 2, {1});
    expectRefused(itself);
    Container alpha = picture();
    alpha.references = refer("auxl", 1, {1});
    expectRefused(alpha);
}

TEST(HeifContainerCheck, RefusesNestedGrids) {
    Container nested;
    nested.properties = {sizeProperty(64, 48), configuration};
    for (int level = 1; level <= 6; ++level) {
        nested.items.push_back({"grid", grid(16, 16, 64, 48), "\1", level > 1});
        nested.references += refer("dimg", level, std::vector<int>(256, level + 1));
    }
    nested.items.push_back({"av01", coded(64, 48), "\1\2", true});
    expectRefused(nested);
}

TEST(HeifContainerCheck, RefusesAnAlphaChannelOfAnotherSizeOrWithItsOwn) {
    Container container = picture();
    container.items.push_back({"av01", coded(64, 48), "\1\2"});
    container.references = refer("auxl", 2, {1});
    EXPECT_EQ(scan(container.text()).refusal, "");
    EXPECT_EQ(scan(container.text()).pixels, 64u * 48);
    container.items.push_back({"av01", coded(64, 48), "\1\2"});
    container.references += refer("auxl", 3, {2});
    expectRefused(container);
    container = picture();
    container.items.push_back({"av01", coded(16, 16), "\1\2"});
    container.references = refer("auxl", 2, {1});
    expectRefused(container, contradicts);
}

std::string auxiliary(const std::string& kind) {
    return fullBox("auxC", kind + '\0');
}

// A picture and another item, coded as 9000x9000, that `references` join.
Container accompanied(const std::string& references, const std::string& kind = {}) {
    Container container = picture();
    container.items.push_back({"av01", coded(9000, 9000), "\1\2"});
    container.references = references;
    if (!kind.empty()) {
        container.items[1].properties += '\3';
        container.properties.push_back(auxiliary(kind));
    }
    return container;
}

TEST(HeifContainerCheck, MeasuresThePrimaryItemAtAnyIndex) {
    Container container = accompanied({});
    EXPECT_EQ(scan(container.text()).refusal, "");
    EXPECT_EQ(scan(container.text()).pixels, 64u * 48);
    container.primary = 2;
    expectRefused(container, contradicts);
    EXPECT_EQ(scan(container.text()).pixels, 9000u * 9000);
}

TEST(HeifContainerCheck, MeasuresEveryPageIfAPageIsRequested) {
    expectRefused(accompanied({}), contradicts, true);
    EXPECT_EQ(scan(picture().text(), true).refusal, "");
}

TEST(HeifContainerCheck, IgnoresThumbnails) {
    const std::string thumbnail = accompanied(refer("thmb", 2, {1})).text();
    EXPECT_EQ(scan(thumbnail).refusal, "");
    EXPECT_EQ(scan(thumbnail, true).refusal, "");
}

TEST(HeifContainerCheck, CountsAThumbnailThatIsAlsoAPart) {
    const std::string both = refer("thmb", 2, {1}) + refer("auxl", 2, {1});
    expectRefused(accompanied(both, "urn:mpeg:hevc:2015:auxid:1"), contradicts);
    Container grid = tiles();
    grid.items[1].data = coded(9000, 9000);
    grid.references += refer("thmb", 2, {1});
    expectRefused(grid, contradicts);
}

TEST(HeifContainerCheck, CountsAlphaChannelsButNoOtherAuxiliaryItems) {
    for (const char* kind : {"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                             "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1"}) {
        expectRefused(accompanied(refer("auxl", 2, {1}), kind), contradicts);
    }
    expectRefused(accompanied(refer("auxl", 2, {1})), contradicts);  // has no auxiliary type
    for (const char* kind :
         {"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", "urn:mpeg:hevc:2015:auxid:2",
          "urn:com:apple:photo:2020:aux:hdrgainmap", "urn:mpeg:hevc:2015:auxid:11"}) {
        EXPECT_EQ(scan(accompanied(refer("auxl", 2, {1}), kind).text()).refusal, "") << kind;
    }
}

TEST(HeifContainerCheck, FindsTheAlphaTypeAmongSeveralTypes) {
    Container container =
        accompanied(refer("auxl", 2, {1}), "urn:mpeg:mpegB:cicp:systems:auxiliary:depth");
    container.items[1].properties += '\4';
    container.properties.push_back(auxiliary("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"));
    expectRefused(container, contradicts);
}

TEST(HeifContainerCheck, RefusesAMissingPrimaryItemOrOneThatIsNoPage) {
    Container container = picture();
    container.primary = 7;
    expectRefused(container);
    container = picture();
    container.items[0].isHidden = true;
    expectRefused(container);
    for (const char* role : {"thmb", "auxl"}) {
        container = accompanied(refer(role, 2, {1}));
        container.primary = 2;
        expectRefused(container);
    }
}

TEST(HeifContainerCheck, DistinguishesUnsupportedFromDamaged) {
    for (const char* type : {"vvc1", "avc1", "jpeg", "j2k1", "unci", "evc1"}) {
        Container container = picture();
        container.items[0].type = type;
        expectRefused(container, unsupported);
    }
    const std::string brands = box("ftyp", "avis\0\0\0\0msf1avis"s);
    EXPECT_EQ(scan(brands + box("moov", "tracks") + box("mdat", "data")).problem, unsupported);
    EXPECT_EQ(scan(brands + box("mdat", "data")).problem, HeifProblem::damaged);
    EXPECT_EQ(scan(brands).problem, HeifProblem::damaged);
}

TEST(HeifContainerCheck, RefusesDeflatedTexts) {
    Container container = picture();
    container.items.push_back({"mime", "<x/>", "", false, "\0text/xml\0"s});
    EXPECT_EQ(scan(container.text()).refusal, "");
    container.items[1].more += "deflate";
    expectRefused(container);
}

TEST(HeifContainerCheck, RefusesDataBeyondTheEndOrOverlappingData) {
    const std::string head = bigEndian(1, 2) + bigEndian(0, 2) + bigEndian(0, 2);
    const std::string extent = bigEndian(20, 4) + bigEndian(40, 4);
    Container container = picture();
    container.places = head + bigEndian(1, 2) + bigEndian(0xFFFFFFFF, 4) + bigEndian(0xFFFFFFFF, 4);
    expectRefused(container);
    container.places = head + bigEndian(10, 2);
    for (int i = 0; i < 10; ++i) {
        container.places += extent;
    }
    expectRefused(container);
    container.places = head + bigEndian(33, 2);
    for (int i = 0; i < 33; ++i) {
        container.places += bigEndian(20, 4) + bigEndian(0, 4);
    }
    expectRefused(container);
    container.places = bigEndian(1, 2) + bigEndian(2, 2) + bigEndian(0, 2) + bigEndian(0, 2);
    expectRefused(container);
}

TEST(HeifContainerCheck, RefusesCropsThatDivideByZeroAndManyRotations) {
    const auto cut = [](std::uint64_t divisor, std::uint64_t offset = 0) {
        const std::string size = bigEndian(32 * (divisor % 1000), 4) + bigEndian(divisor, 4);
        const std::string place = bigEndian(offset, 4) + bigEndian(divisor, 4);
        return box("clap", size + size + place + place);
    };
    Container container = picture();
    container.items[0].properties += '\3';
    container.properties.push_back(cut(2));
    EXPECT_EQ(scan(container.text()).refusal, "");
    for (std::uint64_t divisor : {0u, 65536u, 0xFFFFFFFFu}) {
        container.properties[2] = cut(divisor);
        expectRefused(container);
    }
    for (std::uint64_t offset : {16384u, 0xFFFFC000u}) {  // 8192 and -8192
        container.properties[2] = cut(2, offset);
        EXPECT_EQ(scan(container.text()).refusal, "");
    }
    for (std::uint64_t offset : {16385u, 0xFFFFBFFFu, 0x80000000u}) {
        container.properties[2] = cut(2, offset);
        expectRefused(container);
    }
    container.properties[2] = box("irot", "\1");
    EXPECT_EQ(scan(container.text()).refusal, "");
    container.items[0].properties += "\3\3\3";
    expectRefused(container);
}

TEST(HeifContainerCheck, RefusesMisplacedRepeatedOrTooManyBoxes) {
    Container container = picture();
    container.file = box("free", "") + box("moov", "xyz") + "rest";
    EXPECT_EQ(scan(container.text()).refusal, "");
    for (const char* type : {"meta", "ipma", "hvcC", "iref", "iinf"}) {
        container.file = fullBox(type, "");
        expectRefused(container);
    }
    container.file.clear();
    for (int i = 0; i < 1000; ++i) {
        container.file += box("free", "");
    }
    expectRefused(container);
    for (const char* type : {"iloc", "iinf", "iprp", "pitm", "meta", "ipco", "dref", "av1C"}) {
        container = picture();
        container.meta = fullBox(type, "\0\0"s);
        expectRefused(container);
    }
    container = picture();
    container.infos = box("infe", "\2\0\0\0\0\1\0\0av01\0"s);
    expectRefused(container);
}

TEST(HeifContainerCheck, RefusesTooManyItems) {
    Container container = picture();
    for (std::size_t i = 1; i < maxItems; ++i) {
        container.items.push_back({"Exif", "", ""});
    }
    EXPECT_EQ(scan(container.text()).refusal, "");
    container.items.push_back({"Exif", "", ""});
    expectRefused(container);
}

TEST(HeifContainerCheck, SurvivesTruncatedAndChangedFiles) {
    std::string text = tiles().text();
    for (std::size_t at = 0; at < text.size(); ++at) {
        scan(text.substr(0, at));
        for (int change : {0x01, 0x80, 0xFF}) {
            text[at] = static_cast<char>(text[at] ^ change);
            scan(text);
            text[at] = static_cast<char>(text[at] ^ change);
        }
    }
    EXPECT_NE(scan(text.substr(0, text.size() / 2)).refusal, "");
}

}  // namespace
}  // namespace private_image
