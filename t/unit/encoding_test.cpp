// Encodings: valid text is decoded exactly, and invalid text refused completely.
#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace private_image {
namespace {

using namespace std::string_literals;

TEST(Hex, IsLowerCaseTwoDigitsPerByte) {
    const std::array<unsigned char, 4> bytes{0x00, 0x0f, 0xa0, 0xff};
    EXPECT_EQ(toHex(bytes), "000fa0ff");
    EXPECT_EQ(toHex({}), "");
}

TEST(Hex, IsWrittenIntoABufferWithoutATerminator) {
    const std::array<unsigned char, 2> bytes{0x12, 0xef};
    std::array<char, 5> buffer{'x', 'x', 'x', 'x', 'x'};
    writeHex(bytes, buffer.data());
    EXPECT_EQ(std::string(buffer.data(), buffer.size()), "12efx");
}

TEST(PercentDecode, ReadsEscapesOfEitherCaseAndLeavesPlusAlone) {
    EXPECT_EQ(percentDecode("a%2Fb%2fc+d"), "a/b/c+d");
    EXPECT_EQ(percentDecode(""), "");
    EXPECT_EQ(percentDecode("%00%ff"), "\0\xff"s);
}

TEST(PercentDecode, DecodesOnceOnly) {
    EXPECT_EQ(percentDecode("%252e"), "%2e");
}

TEST(PercentDecode, RefusesIncompleteAndMalformedEscapes) {
    for (const char* text :
         {"%", "%4", "a%", "a%4", "%zz", "%4g", "%g4", "%%41", "% 41", "%+4", "%-1", "%0x41"}) {
        EXPECT_EQ(percentDecode(text), std::nullopt) << text;
    }
    // Bytes after the view are not part of it.
    EXPECT_EQ(percentDecode(std::string_view("%41", 2)), std::nullopt);
}

TEST(FormDecode, TurnsPlusIntoASpaceButNotAnEscapedPlus) {
    EXPECT_EQ(formDecode("a+b%2Bc%20d"), "a b+c d");
    EXPECT_EQ(formDecode("a+%2"), std::nullopt);
}

TEST(PercentEncodePath, KeepsUnreservedCharactersAndSlashesOnly) {
    EXPECT_EQ(percentEncodePath("/aZ09-._~/b"), "/aZ09-._~/b");
    EXPECT_EQ(percentEncodePath(" ?#%+&=;:@!$'()*,"),
              "%20%3F%23%25%2B%26%3D%3B%3A%40%21%24%27%28%29%2A%2C");
    EXPECT_EQ(percentEncodePath("é\0\x7f\xff"s), "%C3%A9%00%7F%FF");
}

TEST(PercentEncodePath, IsUndoneByDecodingForEveryByte) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    EXPECT_EQ(percentDecode(percentEncodePath(all)), all);
}

TEST(Base64, ReadsBothAlphabetsWithAndWithoutPadding) {
    EXPECT_EQ(base64Decode(""), "");
    EXPECT_EQ(base64Decode("Zg=="), "f");
    EXPECT_EQ(base64Decode("Zg"), "f");
    EXPECT_EQ(base64Decode("Zm8="), "fo");
    EXPECT_EQ(base64Decode("Zm8"), "fo");
    EXPECT_EQ(base64Decode("Zm9vYmFy"), "foobar");
    EXPECT_EQ(base64Decode("+/+/"), "\xfb\xff\xbf");
    EXPECT_EQ(base64Decode("-_-_"), "\xfb\xff\xbf");
    EXPECT_EQ(base64Decode("AAAA"), "\0\0\0"s);
}

TEST(Base64, RefusesTextThatNoEncoderWrites) {
    for (const char* text : {"Z", "Zg=", "Zg===", "Zm9v=", "Zm9vY", "=", "==", "====", "Zg==Zg==",
                             "Z=g=", "Zm 8", "Zm8\n", "Zm8*", "Zh", "Zm9", "Zm9="}) {
        EXPECT_EQ(base64Decode(text), std::nullopt) << text;
    }
}

TEST(ParseUnsigned, ReadsDigitsUpToTheMaximum) {
    EXPECT_EQ(parseUnsigned("0", 0), 0u);
    EXPECT_EQ(parseUnsigned("007", 7), 7u);
    EXPECT_EQ(parseUnsigned("255", 255), 255u);
    EXPECT_EQ(parseUnsigned("256", 255), std::nullopt);
    EXPECT_EQ(parseUnsigned("9", 5), std::nullopt);
    EXPECT_EQ(parseUnsigned("18446744073709551615", UINT64_MAX), UINT64_MAX);
    EXPECT_EQ(parseUnsigned("18446744073709551616", UINT64_MAX), std::nullopt);
    EXPECT_EQ(parseUnsigned("99999999999999999999999999", UINT64_MAX), std::nullopt);
    EXPECT_EQ(parseUnsigned(std::string(1000, '0') + "1", 1), 1u);
}

TEST(ParseUnsigned, RefusesOtherCharacters) {
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "a", "１"}) {
        EXPECT_EQ(parseUnsigned(text, UINT64_MAX), std::nullopt) << text;
    }
}

TEST(ParseDecimal, ReadsWholeNumbersAndFractions) {
    EXPECT_EQ(parseDecimal("2"), 2.0);
    EXPECT_EQ(parseDecimal("1.5"), 1.5);
    EXPECT_EQ(parseDecimal(".5"), 0.5);
    EXPECT_EQ(parseDecimal("0.33"), 0.33);
    EXPECT_EQ(parseDecimal("00.10"), 0.1);
    EXPECT_EQ(parseDecimal("999999999999"), 999999999999.0);
    EXPECT_EQ(parseDecimal(".00000000001"), 1e-11);
}

TEST(ParseDecimal, RefusesSignsExponentsAndLooseDots) {
    for (const char* text : {"", ".", "2.", "1.2.3", "..5", "-1", "+1", "1e3", "1,5", " 1", "nan",
                             "inf", "0x1", "1000000000000", "0.12345678901"}) {
        EXPECT_EQ(parseDecimal(text), std::nullopt) << text;
    }
}

TEST(FormEncode, KeepsOnlyCharactersThatFormsKeep) {
    EXPECT_EQ(formEncode("azAZ09*-._"), "azAZ09*-._");
    EXPECT_EQ(formEncode("a b+~&=/%"), "a+b%2B%7E%26%3D%2F%25");
    EXPECT_EQ(formEncode(std::string_view("\0\xff", 2)), "%00%FF");
}

}  // namespace
}  // namespace private_image
