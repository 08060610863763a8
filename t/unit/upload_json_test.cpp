#include <gtest/gtest.h>

#include "upload/strict_json.hpp"

namespace private_image::upload {
namespace {

std::string problemOf(const std::string& text) {
    const auto json = parseJsonObject(text);
    return json ? "" : json.error();
}

std::string nested(std::size_t levels) {
    std::string text = "1";
    for (std::size_t i = 0; i < levels; ++i) {
        text = i % 2 == 0 ? "{\"a\":" + text + "}" : "[" + text + "]";
    }
    return levels % 2 == 0 ? "{\"a\":" + text + "}" : text;
}

TEST(UploadJson, AnObjectIsRead) {
    const auto json = parseJsonObject(" {\"b\":1,\"a\":[true,null,\"\\u00fc\"],\"c\":{\"b\":2}}\n");
    ASSERT_TRUE(json);
    EXPECT_EQ(textOf(*json), "{\"b\":1,\"a\":[true,null,\"\xc3\xbc\"],\"c\":{\"b\":2}}");
}

TEST(UploadJson, RepeatedKeysAreNamed) {
    EXPECT_EQ(problemOf(R"({"a":1,"b":2,"a":1})"), "has the key \"a\" more than once");
    EXPECT_EQ(problemOf(R"({"a":{"x":1,"x":1}})"), "has the key \"x\" more than once");
    EXPECT_EQ(problemOf(R"([{"x":1,"\u0078":1}])"), "has the key \"x\" more than once");
    EXPECT_EQ(problemOf(R"({"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]})"), "");
}

TEST(UploadJson, DepthAndCountAreBounded) {
    EXPECT_EQ(problemOf(nested(maxJsonDepth - 1)), "");
    EXPECT_EQ(problemOf(nested(maxJsonDepth + 1)), "is nested more than 16 levels deep");
    EXPECT_EQ(problemOf(std::string(100'000, '[')), "is nested more than 16 levels deep");
    std::string many = "{\"a\":[0";
    for (std::size_t i = 3; i < maxJsonValues; ++i) {
        many += ",0";
    }
    EXPECT_EQ(problemOf(many + "]}"), "");
    EXPECT_EQ(problemOf(many + ",0]}"), "has more than 1024 values");
}

TEST(UploadJson, OtherTextIsRefused) {
    for (const char* text :
         {"", "{", "{}x", "{} {}", "{'a':1}", "{\"a\":1,}", "{a:1}", "{\"a\":01}", "{\"a\":NaN}",
          "{\"a\":1e999}", "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\n\"}", "/**/{}"}) {
        EXPECT_EQ(problemOf(text), "is not valid JSON") << text;
    }
    EXPECT_EQ(problemOf(std::string("{}\0x", 4)), "is not valid JSON");
    EXPECT_EQ(problemOf(std::string("{}\0", 3)), "is not valid JSON");
    for (const char* text : {"1", "\"a\"", "null", "true", "[]"}) {
        EXPECT_EQ(problemOf(text), "is not a JSON object") << text;
    }
}

TEST(UploadJson, Utf8IsDistinguishedFromOtherBytes) {
    EXPECT_TRUE(isUtf8(""));
    EXPECT_TRUE(isUtf8("a\xc3\xbc\xf0\x9f\x98\x80"));
    for (const std::string& text :
         {std::string("\xff"), std::string("\xc3"), std::string("\xc0\x80"),
          std::string("\xed\xa0\x80"), std::string("a\0b", 3)}) {
        EXPECT_FALSE(isUtf8(text));
    }
}

}  // namespace
}  // namespace private_image::upload
