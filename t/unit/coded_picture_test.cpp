// Sizes are read from all headers that a decoder uses, at any position in the stream.
#include "render/heif/coded_picture.hpp"

#include <gtest/gtest.h>

#include <bitset>

namespace private_image {
namespace {

using namespace std::string_literals;

template <std::size_t length>
std::string bits(std::uint64_t value) {
    return std::bitset<length>(value).to_string();
}

std::string golomb(std::uint64_t value) {
    const std::string digits = std::bitset<32>(value + 1).to_string();
    const std::string number = digits.substr(digits.find('1'));
    return std::string(number.size() - 1, '0') + number;
}

std::string packed(std::string text) {
    text.resize((text.size() + 7) / 8 * 8, '0');
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 8) {
        bytes += static_cast<char>(std::bitset<8>(text.substr(at, 8)).to_ulong());
    }
    return bytes;
}

// AV1

std::string unit(unsigned type, const std::string& content) {
    return std::string{static_cast<char>(type << 3 | 2), static_cast<char>(content.size())} +
           content;
}

std::string sizes(std::uint64_t width, std::uint64_t height) {
    return "1111"s + "1111" + bits<16>(width - 1) + bits<16>(height - 1);
}

std::string stillHeader(std::uint64_t width, std::uint64_t height) {
    return unit(1, packed("00011"s + "00000" + sizes(width, height)));
}

// A header with timing information, a decoder model, two operating points and frame numbers.
std::string fullHeader(std::uint64_t width, std::uint64_t height) {
    const std::string timing = "1"s + bits<32>(1) + bits<32>(25) + "0" + "1" + bits<5>(4) +
                               bits<32>(1) + bits<5>(6) + bits<5>(7);
    const std::string point = bits<12>(0) + bits<5>(9) + "1" + "1" + "00000" + "00000" + "1";
    return unit(1, packed("00000"s + timing + "0" + bits<5>(1) + point + point +
                          sizes(width, height) + "1" + bits<4>(2) + bits<3>(3) + "000" + "0000" +
                          "1" + "11" + "1" + "1" + bits<3>(6)));
}

// A shown key frame with its time, which the sequence header above requires.
std::string frameOf(bool choosesSize) {
    return unit(6, packed("0"s + "00" + "1" + bits<8>(3) + "0" + "1" + "1" + bits<8>(5) +
                          (choosesSize ? "1" : "0") + "0000000"));
}

TEST(CodedPicture, ReadsTheSizeOfAStillPicture) {
    const auto picture = av1Picture(unit(2, "") + stillHeader(23000, 300) + unit(6, "xy"));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->stored, (Size{23000, 300}));
    EXPECT_EQ(picture->visible, (Size{23000, 300}));
    EXPECT_EQ(picture->frames, 1u);
    EXPECT_TRUE(picture->isExact);
}

TEST(CodedPicture, SkipsAllOptionalFieldsBeforeTheSize) {
    const auto picture = av1Picture(fullHeader(640, 480) + frameOf(false) + frameOf(false));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->stored, (Size{640, 480}));
    EXPECT_EQ(picture->frames, 2u);
    EXPECT_TRUE(picture->isExact);
}

TEST(CodedPicture, CountsAFrameThatChoosesItsSizeAsTheLargest) {
    const auto picture = av1Picture(fullHeader(640, 480) + frameOf(false) + frameOf(true));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->stored, (Size{65536, 65536}));
    EXPECT_FALSE(picture->isExact);
}

TEST(CodedPicture, RefusesSeveralSizesAndAMissingSize) {
    EXPECT_FALSE(av1Picture(stillHeader(64, 64) + stillHeader(65, 64)));
    EXPECT_TRUE(av1Picture(stillHeader(64, 64) + stillHeader(64, 64)));
    EXPECT_FALSE(av1Picture(""));
    EXPECT_FALSE(av1Picture(unit(6, "xy") + stillHeader(64, 64)));
}

TEST(CodedPicture, RefusesUnitsThatEndBeyondTheStream) {
    const std::string header = stillHeader(64, 64);
    for (std::size_t length = 0; length < header.size(); ++length) {
        EXPECT_FALSE(av1Picture(header.substr(0, length))) << length;
    }
    EXPECT_FALSE(av1Picture(header + "\x32\xFF\xFF\xFF\xFF\x0F"));
    EXPECT_FALSE(av1Picture(header + "\x32\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
}

TEST(CodedPicture, RefusesUnitsWithoutEnd) {
    std::string stream = stillHeader(64, 64);
    for (int count = 0; count < maxUnits; ++count) {
        stream += unit(2, "");
    }
    EXPECT_FALSE(av1Picture(stream));
}

// HEVC

std::string nal(unsigned type, const std::string& content, unsigned layer = 0) {
    const std::string all =
        packed("0" + std::bitset<6>(type).to_string() + std::bitset<6>(layer).to_string() + "001") +
        content;
    return std::string{'\0', '\0', static_cast<char>(all.size() >> 8),
                       static_cast<char>(all.size())} +
           all;
}

std::string escaped(const std::string& content) {
    std::string all;
    for (char byte : content) {
        if (all.ends_with("\0\0"s) && byte >= 0 && byte <= 3) {
            all += '\3';
        }
        all += byte;
    }
    return all;
}

std::string parameters(unsigned width, unsigned height, const std::string& window = "0",
                       unsigned moreLayers = 0) {
    std::string profile(96, '0');
    if (moreLayers > 0) {  // the first has both a profile and a level, the others neither
        profile += "11" + std::string(2 * (moreLayers - 1), '0') +
                   std::string(2 * (8 - moreLayers), '0') + std::string(96, '0');
    }
    return nal(33, escaped(packed("0000" + bits<3>(moreLayers) + "1" + profile + golomb(0) +
                                  golomb(1) + golomb(width) + golomb(height) + window + "1111")));
}

TEST(CodedPicture, ReadsAPictureAndItsCropping) {
    const auto picture =
        hevcPicture(parameters(64, 128, "1" + golomb(1) + golomb(2) + golomb(0) + golomb(10), 3) +
                    nal(19, "\x80") + nal(19, "\x01"));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->stored, (Size{64, 128}));
    EXPECT_EQ(picture->visible, (Size{58, 108}));
    EXPECT_EQ(picture->frames, 1u);
}

TEST(CodedPicture, RefusesParametersThatContradictEachOther) {
    EXPECT_TRUE(hevcPicture(parameters(64, 64) + parameters(64, 64)));
    EXPECT_FALSE(hevcPicture(parameters(64, 64) + parameters(64, 72)));
    EXPECT_FALSE(hevcPicture(parameters(64, 64, "1" + golomb(16) + golomb(16) + "11")));
    EXPECT_FALSE(hevcPicture(parameters(0, 64)));
    EXPECT_FALSE(hevcPicture(parameters(70000, 64)));
    EXPECT_FALSE(hevcPicture(nal(19, "\x80")));
}

TEST(CodedPicture, IgnoresOtherLayers) {
    EXPECT_TRUE(hevcPicture(parameters(64, 64) + nal(33, "x", 1)));
    EXPECT_FALSE(hevcPicture(parameters(64, 64) + nal(33, "x", 0)));
}

TEST(CodedPicture, RefusesATruncatedUnit) {
    const std::string whole = parameters(640, 480);
    for (std::size_t length = 1; length < whole.size(); ++length) {
        EXPECT_FALSE(hevcPicture(whole.substr(0, length))) << length;
    }
    EXPECT_FALSE(hevcPicture(whole + "\xFF\xFF\xFF\xFF"s));
}

TEST(CodedPicture, UnpacksAConfiguration) {
    const std::string head(22, 'x');
    EXPECT_EQ(hevcConfiguration(head + "\1\x21\0\2\0\3abc\0\0"s), "\0\0\0\3abc"s);
    EXPECT_EQ(hevcConfiguration(head + "\0"s), ""s);
    EXPECT_FALSE(hevcConfiguration(head));
    EXPECT_FALSE(hevcConfiguration(head + "\1\x21\0\2\0\3ab"s));
}

}  // namespace
}  // namespace private_image
