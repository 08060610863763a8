// The first bytes of a file determine its type.
#include "render/probe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace private_image {
namespace {

std::optional<SourceType> probe(const std::string& bytes) {
    return probeType({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

std::string withZeros(const char* text, std::size_t length) {
    return std::string(text, length);
}

std::string isoFile(const std::string& major, const std::string& compatible) {
    const auto size = static_cast<char>(16 + compatible.size());
    return std::string(3, '\0') + size + "ftyp" + major + std::string(4, '\0') + compatible;
}

TEST(Probe, KnowsTheSignaturesOfRasterImages) {
    EXPECT_EQ(probe("\xFF\xD8\xFF\xE0 and more"), SourceType::jpeg);
    EXPECT_EQ(probe("\x89PNG\r\n\x1A\n"), SourceType::png);
    EXPECT_EQ(probe("GIF87a"), SourceType::gif);
    EXPECT_EQ(probe("GIF89a"), SourceType::gif);
    EXPECT_EQ(probe("RIFF\x10\x20\x30\x40WEBPVP8 "), SourceType::webp);
    EXPECT_EQ(probe(withZeros("II*\0", 4)), SourceType::tiff);
    EXPECT_EQ(probe(withZeros("MM\0*", 4)), SourceType::tiff);
    EXPECT_EQ(probe(withZeros("II+\0\x08\0\0\0", 8)), SourceType::tiff);
    EXPECT_EQ(probe(withZeros("MM\0+\0\x08\0\0", 8)), SourceType::tiff);
    EXPECT_EQ(probe("\xFF\x0A"), SourceType::jxl);
    EXPECT_EQ(probe(withZeros("\0\0\0\x0CJXL \r\n\x87\n", 12)), SourceType::jxl);
}

TEST(Probe, DistinguishesAvifFromHeicByBrand) {
    EXPECT_EQ(probe(isoFile("avif", "mif1miaf")), SourceType::avif);
    EXPECT_EQ(probe(isoFile("avis", "msf1")), SourceType::avif);
    EXPECT_EQ(probe(isoFile("heic", "mif1")), SourceType::heic);
    EXPECT_EQ(probe(isoFile("heix", "mif1")), SourceType::heic);
    EXPECT_EQ(probe(isoFile("mif1", "miafheic")), SourceType::heic);
    EXPECT_EQ(probe(isoFile("mif1", "miafavif")), SourceType::avif);
}

TEST(Probe, ABrandAfterItsBoxIsIgnored) {
    EXPECT_EQ(probe(isoFile("mif1", "miaf") + "avif"), std::nullopt);
    EXPECT_EQ(probe(isoFile("isom", "mp41")), std::nullopt);
}

TEST(Probe, FindsTheRootElementOfSvg) {
    EXPECT_EQ(probe("<svg>"), SourceType::svg);
    EXPECT_EQ(probe("<svg/>"), SourceType::svg);
    EXPECT_EQ(probe("<svg:svg xmlns:svg='x'>"), SourceType::svg);
    EXPECT_EQ(probe("\xEF\xBB\xBF  \r\n<svg width='1'>"), SourceType::svg);
    EXPECT_EQ(probe("<?xml version='1.0'?>\n<!-- <html> -->\n<svg >"), SourceType::svg);
    EXPECT_EQ(probe("<!DOCTYPE svg PUBLIC 'x' 'y'>\n<svg >"), SourceType::svg);
    EXPECT_EQ(probe("<!DOCTYPE svg [<!ENTITY a 'b'> ]><svg >"), SourceType::svg);
}

TEST(Probe, OtherMarkupIsNotSvg) {
    EXPECT_EQ(probe("<html><svg>"), std::nullopt);
    EXPECT_EQ(probe("<svgx>"), std::nullopt);
    EXPECT_EQ(probe("<svg"), std::nullopt);
    EXPECT_EQ(probe("text <svg>"), std::nullopt);
    EXPECT_EQ(probe("<!-- <svg>"), std::nullopt);
}

// What XML 1.0, 2.8 allows before the root element, `length` bytes of each kind.
std::vector<std::string> preambles(std::size_t length) {
    const std::string filler(length, 'x');
    return {
        "<!--" + filler + "-->", "<?xml version='1.0'?><!-- > -- ] -->" + std::string(length, '\n'),
        "\xEF\xBB\xBF<?editor " + filler + "?>", "<!DOCTYPE svg PUBLIC 'x' \"" + filler + ">\">",
        "<!DOCTYPE svg [ <!-- ' ] > " + filler + " --> <!ELEMENT a (b)> ] >\n<!-- -->"};
}

TEST(Probe, FindsTheRootElementAfterALongPreamble) {
    for (std::size_t length : {0u, 500u, 5000u, 16384u, 60000u}) {
        for (const std::string& preamble : preambles(length)) {
            EXPECT_EQ(probe(preamble + "<svg>"), SourceType::svg)
                << length << preamble.substr(0, 40);
            EXPECT_EQ(probe(preamble + "<html><svg>"), std::nullopt) << preamble.substr(0, 40);
        }
    }
    EXPECT_EQ(probe("<!--" + std::string(maxPreamble, ' ') + "--><svg>"), std::nullopt);
}

std::size_t needed(const std::string& bytes) {
    return bytesToProbe({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

TEST(Probe, OnlyAPreambleOfXmlNeedsMoreBytes) {
    for (const std::string& preamble : preambles(600)) {
        EXPECT_EQ(needed(preamble.substr(0, 600)), 1200u) << preamble.substr(0, 40);
        EXPECT_EQ(needed(preamble + "<svg>"), probeLength);
        EXPECT_EQ(needed(preamble + "<html>"), probeLength);
        EXPECT_EQ(needed(preamble + "text"), probeLength);
    }
    EXPECT_EQ(needed(std::string(900, ' ')), 1800u);
    EXPECT_EQ(needed(std::string(maxPreamble, ' ')), maxPreamble);
    for (const char* other : {"\xFF\xD8\xFF\xE0", "\x89PNG\r\n\x1A\n", "text", "<html>", "{}"}) {
        EXPECT_EQ(needed(other + std::string(600, '<')), probeLength) << other;
    }
    EXPECT_EQ(needed(isoFile("isom", "mp41") + std::string(600, ' ')), probeLength);
}

TEST(Probe, AnAmbiguousFileHasOneType) {
    const std::string drawing = "<?xmftyp        ?><svg >";
    EXPECT_EQ(probe(drawing), std::nullopt);
    EXPECT_EQ(probe(drawing + "avif"), SourceType::avif);
}

TEST(Probe, AnythingElseIsUnknown) {
    EXPECT_EQ(probe(""), std::nullopt);
    EXPECT_EQ(probe("%PDF-1.7"), std::nullopt);
    EXPECT_EQ(probe("BM"), std::nullopt);
    EXPECT_EQ(probe("\xFF\xD8"), std::nullopt);
    EXPECT_EQ(probe("GIF88a"), std::nullopt);
    EXPECT_EQ(probe("RIFF\x10\x20\x30\x40WAVE"), std::nullopt);
}

TEST(Probe, NoPrefixOfASignatureIsReadBeyondItsEnd) {
    const std::string samples[] = {"\x89PNG\r\n\x1A\n", isoFile("mif1", "miafheic"),
                                   "RIFF\x10\x20\x30\x40WEBP", "<?xml ?><!DOCTYPE a [ ]><svg >"};
    for (const std::string& sample : samples) {
        for (std::size_t length = 0; length < sample.size(); ++length) {
            // A heap copy of its own, so that a sanitizer sees a read past the end.
            const std::vector<unsigned char> part(sample.begin(), sample.begin() + length);
            probeType(part);
        }
    }
}

}  // namespace
}  // namespace private_image
