#include "base/ascii.hpp"

#include <gtest/gtest.h>

namespace private_image {
namespace {

TEST(Ascii, ClassifiesEveryByte) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool isUpper = byte >= 'A' && byte <= 'Z';
        const bool isLower = byte >= 'a' && byte <= 'z';
        const bool isDecimal = byte >= '0' && byte <= '9';
        EXPECT_EQ(isLetter(c), isUpper || isLower) << byte;
        EXPECT_EQ(isDigit(c), isDecimal) << byte;
        EXPECT_EQ(isLetterOrDigit(c), isUpper || isLower || isDecimal) << byte;
        EXPECT_EQ(isControl(c), byte < 0x20 || byte == 0x7f) << byte;
        EXPECT_EQ(toLowerCase(c), isUpper ? static_cast<char>(byte + 32) : c) << byte;
    }
}

TEST(Ascii, LowersTheCaseOfAsciiLettersOnly) {
    EXPECT_EQ(toLowerCase(std::string_view()), "");
    EXPECT_EQ(toLowerCase("X-Amz-Meta_9[]@`{"), "x-amz-meta_9[]@`{");
    EXPECT_EQ(toLowerCase("\xc3\x84\xff"), "\xc3\x84\xff");
}

TEST(Ascii, ComparesWithoutCase) {
    struct Case {
        std::string_view a, b;
        bool isEqual;
    };
    for (const Case& c : {
             Case{"", "", true},
             {"Via", "VIA", true},
             {"x-real-ip", "X-Real-IP", true},
             {"a", "", false},
             {"", "a", false},
             {"via", "vi", false},
             {"vi", "via", false},
             {"@", "`", false},  // 32 apart, as letters are
             {"[", "{", false},
             {"\xc3\x84", "\xc3\xa4", false},  // an umlaut in UTF-8
             {"i", "\xc4\xb1", false},         // the dotless i
         }) {
        EXPECT_EQ(equalsIgnoringCase(c.a, c.b), c.isEqual) << c.a << '|' << c.b;
        EXPECT_EQ(equalsIgnoringCase(c.b, c.a), c.isEqual) << c.b << '|' << c.a;
    }
}

TEST(Ascii, TrimsBlanksAtBothEnds) {
    struct Case {
        std::string_view text, expected;
    };
    for (const Case& c : {
             Case{"", ""},
             {" ", ""},
             {" \t \t", ""},
             {"a", "a"},
             {"  a b\t", "a b"},
             {"a ", "a"},
             {"\ta", "a"},
             {"\r\na\n", "\r\na\n"},
         }) {
        EXPECT_EQ(trimmed(c.text), c.expected) << '"' << c.text << '"';
    }
}

TEST(Ascii, TrimsTheBlanksThatAreNamed) {
    EXPECT_EQ(trimmed(" \ta\r", " \t\r"), "a");
    EXPECT_EQ(trimmed("\r\r", "\r"), "");
    EXPECT_EQ(trimmed(" a ", ""), " a ");
}

TEST(Ascii, TrimmedTextPointsIntoTheOriginal) {
    const std::string_view text = "  ab ";
    EXPECT_EQ(trimmed(text).data(), text.data() + 2);
}

}  // namespace
}  // namespace private_image
