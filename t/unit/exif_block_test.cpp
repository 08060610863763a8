// EXIF of a result: values keep their bytes; values that no longer apply are corrected or removed.
#include "render/exif_block.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <random>

#include "render/tiff_directory.hpp"
#include "tiff_maker.hpp"

namespace private_image {
namespace {

using namespace std::string_literals;
using pictures::TiffField;
using pictures::TiffMaker;

constexpr std::uint16_t artist = 0x013B, copyright = 0x8298, make = 0x010F, orientation = 0x0112,
                        exifPointer = 0x8769, gpsPointer = 0x8825, interoperability = 0xA005,
                        userComment = 0x9286, makerNote = 0x927C, thumbnailOffset = 0x0201,
                        thumbnailLength = 0x0202, colourSpace = 0xA001, width = 0xA002,
                        height = 0xA003, xResolution = 0x011A, resolutionUnit = 0x0128;

const ExifFacts facts{{40, 30}, {}, true};

std::optional<TiffEntry> find(std::string_view block, std::uint16_t tag,
                              std::uint16_t pointer = 0) {
    const auto file = TiffFile::open(block);
    if (!file) {
        return std::nullopt;
    }
    std::uint64_t at = file->firstDirectory();
    if (pointer != 0) {
        const auto leads = find(block, pointer);
        at = leads ? file->numberOf(*leads).value_or(0) : 0;
    }
    const auto directory = file->directoryAt(at);
    for (const TiffEntry& entry : directory ? directory->entries : std::vector<TiffEntry>()) {
        if (entry.tag == tag) {
            return entry;
        }
    }
    return std::nullopt;
}

std::string valueOf(std::string_view block, std::uint16_t tag, std::uint16_t pointer = 0) {
    const auto entry = find(block, tag, pointer);
    return entry ? std::string(entry->value) : "(none)";
}

std::optional<std::uint64_t> numberOf(std::string_view block, std::uint16_t tag,
                                      std::uint16_t pointer = 0) {
    const auto entry = find(block, tag, pointer);
    return entry ? TiffFile::open(block)->numberOf(*entry) : std::nullopt;
}

class Exif : public ::testing::TestWithParam<bool> {
protected:
    TiffMaker maker{GetParam()};

    std::string blockOf(const std::vector<TiffField>& fields) {
        TiffMaker made(GetParam());
        return made.file(made.addDirectory(fields));
    }
};

INSTANTIATE_TEST_SUITE_P(ByteOrders, Exif, ::testing::Bool(), [](const auto& info) {
    return info.param ? "bigEndian" : "littleEndian";
});

const std::string texts[] = {
    "A",
    "A\0"s,
    "abc\0"s,  // fits into the entry
    "abcd\0"s,
    "no end",
    "Jane Roe\0"s,
    "\xC2\xA9 Jos\xC3\xA9\0"s,
    "\xA9 Jos\xE9\0"s,
    "Annemarie\0Edgar\0"s,
    " \0Edgar\0"s,
    "blanks behind   \0"s,
    "many ends\0\0\0\0"s,
    "(c) A (A, ASCII, 2 components, 2 bytes)\0"s,
    "line\r\nline\0"s,
    std::string(5000, 'x') + '\0',
    std::string(60'000, 'y'),
};

TEST_P(Exif, TextsKeepTheirBytes) {
    for (const std::string& text : texts) {
        for (std::uint16_t tag : {artist, copyright}) {
            for (const std::uint16_t type : std::initializer_list<std::uint16_t>{2, 7, 129}) {
                const std::string block = blockOf({maker.text(tag, text, type)});
                for (const std::string& result :
                     {exifCopyright(block), exifOfResult(block, facts)}) {
                    EXPECT_EQ(valueOf(result, tag), text);
                    EXPECT_EQ(find(result, tag)->type, type);
                }
            }
        }
    }
}

TEST_P(Exif, EmptyTextsAreDropped) {
    for (const std::string& text :
         {""s, "\0"s, std::string(64, '\0'), std::string(20, ' ') + '\0'}) {
        EXPECT_EQ(exifCopyright(blockOf({maker.text(artist, text), maker.text(copyright, text)})),
                  "");
    }
}

TEST_P(Exif, CopyrightKeepsTwoFieldsOnly) {
    const std::string block = blockOf({maker.text(make, "Secret"), maker.text(artist, "Grace"),
                                       maker.text(copyright, "Ada Example")});
    const std::string result = exifCopyright(block);
    EXPECT_EQ(valueOf(result, artist), "Grace");
    EXPECT_EQ(valueOf(result, copyright), "Ada Example");
    EXPECT_EQ(result.find("Secret"), result.npos);
    EXPECT_EQ(TiffFile::open(result)->directoryAt(8)->entries.size(), 2u);
    EXPECT_EQ(exifCopyright(blockOf({maker.text(make, "Secret")})), "");
}

TEST_P(Exif, EveryPrefixIsRemoved) {
    const std::string block = blockOf({maker.text(copyright, "Ada Example")});
    for (const std::string& prefix : {""s, "Exif\0\0"s, "\0\0\0\0"s, "\0\0\0\6Exif\0\0"s}) {
        EXPECT_EQ(valueOf(exifCopyright(prefix + block), copyright), "Ada Example");
        EXPECT_EQ(valueOf(exifOfResult(prefix + block, facts), copyright), "Ada Example");
    }
}

TEST_P(Exif, CopyrightIsKeptBeforeArtistIfOnlyOneFits) {
    const std::string block = blockOf({maker.text(artist, std::string(40'000, 'a')),
                                       maker.text(copyright, std::string(40'000, 'c'))});
    for (const std::string& result : {exifCopyright(block), exifOfResult(block, facts)}) {
        EXPECT_EQ(valueOf(result, copyright), std::string(40'000, 'c'));
        EXPECT_EQ(valueOf(result, artist), "(none)");
        EXPECT_LE(result.size(), maxExifLength);
    }
}

// With a thumbnail after the directories and between them, as cameras write it.
std::string cameraBlock(TiffMaker& maker) {
    const std::string jpeg = "\xFF\xD8\xFF thumbnail";
    const std::uint64_t thumbnail = maker.add(jpeg);
    const auto second = maker.addDirectory({maker.longNumber(thumbnailOffset, thumbnail),
                                            maker.longNumber(thumbnailLength, jpeg.size())});
    const auto index = maker.addDirectory({maker.text(1, "R03\0"s)});
    const auto gps = maker.addDirectory({maker.text(1, "N\0"s), maker.rational(2, 52, 1)});
    const auto inner = maker.addDirectory(
        {maker.text(makerNote, "note \xFF\0\1"s, 7),
         maker.text(userComment, "ASCII\0\0\0hello"s, 7), maker.shorts(colourSpace, {2}),
         maker.longNumber(width, 6000), maker.shorts(height, {4000}),
         maker.shorts(0x9214, {1, 2, 3}), maker.longNumber(interoperability, index)});
    maker.add(jpeg);
    return maker.file(maker.addDirectory(
        {maker.text(make, "Camera Make\0"s), maker.shorts(orientation, {6}),
         maker.rational(xResolution, 72, 1), maker.shorts(resolutionUnit, {3}),
         maker.longNumber(exifPointer, inner), maker.longNumber(gpsPointer, gps)},
        second));
}

TEST_P(Exif, KeepRemovesOnlyTheDirectoryOfTheThumbnail) {
    const std::string block = cameraBlock(maker);
    const std::string result = exifOfResult(block, facts);
    EXPECT_EQ(valueOf(result, make), "Camera Make\0"s);
    EXPECT_EQ(valueOf(result, makerNote, exifPointer), "note \xFF\0\1"s);
    EXPECT_EQ(valueOf(result, userComment, exifPointer), "ASCII\0\0\0hello"s);
    EXPECT_EQ(valueOf(result, 1, gpsPointer), "N\0"s);
    EXPECT_EQ(valueOf(result, 2, gpsPointer), valueOf(block, 2, gpsPointer));
    EXPECT_EQ(result.find("thumbnail"), result.npos);
    EXPECT_EQ(result.find("\xFF\xD8"), result.npos);
    // Offsets in a maker note are relative to the beginning of the block.
    EXPECT_EQ(result.find("note \xFF"), block.find("note \xFF"));
}

TEST_P(Exif, KeepCorrectsValuesThatNoLongerApply) {
    const std::string block = cameraBlock(maker);
    const std::string result = exifOfResult(block, facts);
    EXPECT_EQ(numberOf(result, orientation), 1u);
    EXPECT_EQ(numberOf(result, width, exifPointer), 40u);
    EXPECT_EQ(numberOf(result, height, exifPointer), 30u);
    EXPECT_EQ(numberOf(result, colourSpace, exifPointer), 1u);
    EXPECT_FALSE(find(result, interoperability, exifPointer));
    EXPECT_FALSE(find(result, 0x9214, exifPointer));
    EXPECT_EQ(valueOf(result, xResolution), valueOf(block, xResolution));
    EXPECT_EQ(numberOf(result, resolutionUnit), 3u);
    EXPECT_EQ(TiffFile::open(result)->directoryAt(TiffFile::open(result)->firstDirectory())->next,
              0u);
}

TEST_P(Exif, AKeptProfileAndARequestedDensityAreWritten) {
    const std::string result = exifOfResult(cameraBlock(maker), {{40, 30}, 300, false});
    EXPECT_EQ(numberOf(result, colourSpace, exifPointer), 2u);
    EXPECT_TRUE(find(result, interoperability, exifPointer));
    EXPECT_EQ(valueOf(result, xResolution), maker.number(30'000, 4) + maker.number(100, 4));
    EXPECT_EQ(numberOf(result, resolutionUnit), 2u);
}

TEST_P(Exif, ALongThumbnailIsDroppedAlone) {
    const std::string pixels(200'000, 'p');
    const std::uint64_t thumbnail = maker.add("x");
    const auto second = maker.addDirectory({maker.longNumber(thumbnailOffset, thumbnail)});
    const auto first = maker.addDirectory({maker.text(make, "Camera")}, second);
    maker.add(pixels);
    EXPECT_EQ(valueOf(exifOfResult(maker.file(first), facts), make), "Camera");
}

// Hostile blocks do not crash, take little time, and the result fits into a segment.
void expectBounded(const std::string& block) {
    for (const std::string& result : {exifCopyright(block), exifOfResult(block, facts)}) {
        EXPECT_LE(result.size(), maxExifLength);
        EXPECT_TRUE(result.empty() || TiffFile::open(result));
    }
}

TEST_P(Exif, HostileBlocksAreLimited) {
    using std::chrono::steady_clock;
    const auto begin = steady_clock::now();
    expectBounded("");
    expectBounded("II*");
    expectBounded(std::string(60'000, '\xFF'));
    expectBounded("Exif\0\0II*\0"s + std::string(60'000, '\xFF'));
    // Directories that form a cycle, overlap the header, or extend beyond the end.
    for (std::uint64_t target : {0u, 4u, 8u, 10u, 50u, 0xFFFFFFFFu, 0x7FFFFFFFu}) {
        expectBounded(blockOf(
            {maker.longNumber(exifPointer, target), maker.longNumber(exifPointer, target),
             maker.longNumber(gpsPointer, target), maker.longNumber(interoperability, target)}));
        expectBounded(TiffMaker(GetParam()).file(target));
    }
    // Invalid lengths of known and unknown types.
    for (std::uint32_t count : {0u, 5u, 0x10000000u, 0x80000000u, 0xFFFFFFFFu}) {
        for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0, 2, 3, 5, 12, 99}) {
            expectBounded(blockOf({TiffField{copyright, type, count, maker.number(8, 4)},
                                   TiffField{artist, type, count, maker.number(0xFFFFFFF0, 4)}}));
        }
    }
    // The maximum number of entries, which all share one long value.
    const auto shared = static_cast<std::uint32_t>(900'000);
    maker.add(std::string(shared, 's'));
    std::vector<TiffField> many(65'535, TiffField{make, 2, shared, maker.number(8, 4)});
    expectBounded(maker.file(maker.addDirectory(many)));
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_P(Exif, DamageAtAnyByteIsLimited) {
    const std::string block = cameraBlock(maker);
    for (std::size_t length = 0; length < block.size(); ++length) {
        expectBounded(block.substr(0, length));
    }
    std::minstd_rand random(7);
    for (int round = 0; round < 5000; ++round) {
        std::string damaged = block;
        for (int changes = 0; changes < 3; ++changes) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        expectBounded(damaged);
    }
}

}  // namespace
}  // namespace private_image
