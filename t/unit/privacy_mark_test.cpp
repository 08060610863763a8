// Marks: five words clear an image, everything else makes it private.
#include "access/privacy_mark.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace private_image {
namespace {

TEST(Flag, FiveWordsAreNotPrivateInAnyCaseAndWithBlanksAround) {
    for (const std::string_view value :
         {"false",  "FALSE",  "False",     "fAlSe", "0",     "no",    "No",
          "NO",     "off",    "OFF",       "",      " ",     "\t",    " \t ",
          " false", "false ", "\tfalse\t", "  0  ", " no\t", "\toff "}) {
        EXPECT_FALSE(flagMeansPrivate(value)) << '"' << value << '"';
    }
}

TEST(Flag, AnythingElseIsPrivate) {
    for (const std::string_view value :
         {"true",   "TRUE",    "1",           "yes",     "on",           "private",  "falsey",
          "fals",   "alse",    "00",          "0.0",     "-0",           "n",        "none",
          "nope",   "of",      "offf",        "f",       "null",         "nil",      "undefined",
          "fa lse", "false,",  "false, true", "false;",  "\"false\"",    "'false'",  "\"\"",
          "no off", "false\n", "\vfalse",     "false\r", "f\xc3\xa4lse", "\xc2\xa0", "０"}) {
        EXPECT_TRUE(flagMeansPrivate(value)) << '"' << value << '"';
    }
}

TEST(Flag, ANulByteDoesNotEndTheValue) {
    EXPECT_TRUE(flagMeansPrivate(std::string_view("false\0", 6)));
    EXPECT_TRUE(flagMeansPrivate(std::string_view("\0", 1)));
    EXPECT_TRUE(flagMeansPrivate(std::string_view("0\0true", 6)));
}

TEST(Mark, CombiningLetsAnyPrivateWinThenAnyPublic) {
    const Mark unknown = Mark::unknown;
    const Mark open = Mark::publicImage;
    const Mark closed = Mark::privateImage;
    EXPECT_EQ(combine(unknown, unknown), unknown);
    EXPECT_EQ(combine(unknown, open), open);
    EXPECT_EQ(combine(unknown, closed), closed);
    EXPECT_EQ(combine(open, unknown), open);
    EXPECT_EQ(combine(open, open), open);
    EXPECT_EQ(combine(open, closed), closed);
    EXPECT_EQ(combine(closed, unknown), closed);
    EXPECT_EQ(combine(closed, open), closed);
    EXPECT_EQ(combine(closed, closed), closed);
}

TEST(Mark, StartsAsUnknown) {
    EXPECT_EQ(Mark{}, Mark::unknown);
}

TEST(Mark, HasAWordUnlessUnknown) {
    EXPECT_EQ(markWord(Mark::privateImage), "private");
    EXPECT_EQ(markWord(Mark::publicImage), "public");
    EXPECT_EQ(markWord(Mark::unknown), "");
}

}  // namespace
}  // namespace private_image
