// What reaches NGINX of a URL, what NGINX makes of it, and what a terminal may be shown of it.
#include <gtest/gtest.h>

#include "tools/command.hpp"
#include "tools/request_target.hpp"

namespace private_image::tools {
namespace {

using namespace std::string_view_literals;

TEST(RequestTarget, IsWhatFollowsTheHost) {
    const auto target = requestTargetOf("https://user@Img.example:8080/a%20b?x#y");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->host, "Img.example");
    EXPECT_EQ(target->raw, "/a%20b?x#y");
    EXPECT_EQ(requestTargetOf("HTTP://h")->raw, "/");
    EXPECT_EQ(requestTargetOf("http://h?x")->raw, "/?x");
    EXPECT_EQ(requestTargetOf("http://[::1]:80/x")->host, "[::1]");
    EXPECT_EQ(requestTargetOf("//h/x")->raw, "//h/x");
    EXPECT_EQ(requestTargetOf("/x")->host, "");
}

TEST(RequestTarget, IsRefusedWhereThereIsNone) {
    for (const auto url : {""sv, "x"sv, "ftp://h/x"sv, "http:/h/x"sv, "http:///x"sv, "\0/"sv}) {
        EXPECT_FALSE(requestTargetOf(url)) << url;
    }
    EXPECT_TRUE(requestTargetOf("/" + std::string(maxTargetLength - 1, 'a')));
    EXPECT_FALSE(requestTargetOf("/" + std::string(maxTargetLength, 'a')));
}

TEST(NormalisedUri, IsDecodedAndItsSlashesMerged) {
    EXPECT_EQ(*normalisedUri("/a%20b?c%20d"), "/a b");
    EXPECT_EQ(*normalisedUri("//a%2F/b%3Fc%23"), "/a/b?c#");
    EXPECT_EQ(*normalisedUri("/%2525"), "/%25");
}

TEST(NormalisedUri, IsNoneWhereNginxAnswers400) {
    for (const auto target :
         {"/%"sv, "/%zz"sv, "/%00"sv, "/a b"sv, "/a\0"sv, "/a\x7f"sv, "/a?\n"sv}) {
        EXPECT_FALSE(normalisedUri(target)) << target;
    }
}

TEST(RawQuery, FollowsTheFirstQuestionMark) {
    EXPECT_EQ(rawQueryOf("/a"), "");
    EXPECT_EQ(rawQueryOf("/a?"), "");
    EXPECT_EQ(rawQueryOf("/a?b?c"), "b?c");
}

TEST(Printable, LeavesNothingThatATerminalWouldObey) {
    EXPECT_EQ(printable("plain \xc3\xbc"), "plain \xc3\xbc");
    EXPECT_EQ(printable("\x1b[2J\n\x7f"), "\\x1b[2J\\x0a\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
    EXPECT_EQ(printable("\xff\xc3\xbc"), "\\xff\\xc3\\xbc");
    EXPECT_EQ(printable("a\0b"sv), "a\\x00b");
}

}  // namespace
}  // namespace private_image::tools
