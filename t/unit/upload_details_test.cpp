#include <gtest/gtest.h>

#include "upload/image_details.hpp"

namespace private_image::upload {
namespace {

ImageDetails allDetails() {
    ImageDetails details;
    details.uploadId = "0123456789abcdef";
    details.uploadedMs = 1'796'039'752'953;
    details.changedMs = 1'796'039'752'954;
    details.width = 64;
    details.height = UINT32_MAX;
    details.type = "image/png";
    details.hasAlpha = true;
    details.filename = "a \"b\" \xc3\xbc.png";
    details.tags = {"t1", "t2"};
    details.customCoordinates = "1,2,3,4";
    details.description = "line\nline";
    details.creator = "";
    details.metadata = R"({"b":{"c":[1,true,null,"x"]},"a":2.5})";
    return details;
}

TEST(UploadDetails, AreReadAsTheyWereWritten) {
    for (const ImageDetails& details : {ImageDetails{}, allDetails()}) {
        const auto json = toJson(details);
        ASSERT_TRUE(json);
        EXPECT_EQ(parseDetails(*json), details) << *json;
    }
    ImageDetails noTags;
    noTags.tags.emplace();
    EXPECT_EQ(parseDetails(*toJson(noTags)), noTags);
}

TEST(UploadDetails, HaveNoMembersForWhatWasNotGiven) {
    EXPECT_EQ(*toJson({}), R"({"upload":"","uploaded":0,"type":"","width":0,"height":0})");
}

TEST(UploadDetails, AreBounded) {
    ImageDetails details;
    const std::size_t others =
        toJson(details)->size() + std::string(",\"description\":\"\"").size();
    details.description = std::string(maxDetailsBytes - others, 'x');
    EXPECT_EQ(toJson(details)->size(), maxDetailsBytes);
    *details.description += 'x';
    const auto tooLong = toJson(details);
    ASSERT_FALSE(tooLong);
    EXPECT_EQ(tooLong.error().outcome, Outcome::badField);
    EXPECT_NE(tooLong.error().message.find("2001 bytes"), std::string::npos);
    details.description = std::string(400, '\x01');  // six bytes each
    EXPECT_FALSE(toJson(details));
}

TEST(UploadDetails, BytesThatAreNotUtf8AreReplaced) {
    ImageDetails details;
    details.filename = "a\xff.png";
    EXPECT_EQ(parseDetails(*toJson(details))->filename, "a\xef\xbf\xbd.png");
}

TEST(UploadDetails, AnotherVersionsDetailsAreRead) {
    EXPECT_EQ(parseDetails("{}"), ImageDetails{});
    EXPECT_EQ(parseDetails(R"({"future":[1],"type":"image/gif"})")->type, "image/gif");
}

TEST(UploadDetails, AnythingElseIsRefused) {
    for (const char* text :
         {"", "x", "[]", R"({"type":1})", R"({"type":null})", R"({"width":-1})",
          R"({"width":4294967296})", R"({"width":"1"})", R"({"width":1.0})",
          R"({"uploaded":18446744073709551615})", R"({"alpha":1})", R"({"tags":"a"})",
          R"({"tags":[1]})", R"({"creator":null})", R"({"metadata":[]})", R"({"metadata":"{}"})",
          R"({"type":"a","type":"b"})",
          R"({"upload":"a"} )"
          "x"}) {
        EXPECT_FALSE(parseDetails(text)) << text;
    }
}

TEST(UploadDetails, ComeFromTheRequest) {
    UploadRequest request;
    request.tags = {"a"};
    request.customCoordinates = "1,2,3,4";
    request.description = "d";
    request.creator = "c";
    request.metadata = R"({"k":"v"})";
    const ImageDetails details = imageDetailsOf(request);
    EXPECT_EQ(details.tags, request.tags);
    EXPECT_EQ(details.customCoordinates, request.customCoordinates);
    EXPECT_EQ(details.description, request.description);
    EXPECT_EQ(details.creator, request.creator);
    EXPECT_EQ(details.metadata, request.metadata);
}

TEST(ImageDetails, OnlyATypeOfAnImageIsAMediaType) {
    ImageDetails details;
    for (const char* type : {"image/png", "image/svg+xml", "image/x.y-z1"}) {
        details.type = type;
        EXPECT_EQ(mediaTypeOf(details), type);
    }
    for (const char* type : {"", "text/html", "image/png; charset=x", "image/png\r\nX: 1"}) {
        details.type = type;
        EXPECT_EQ(mediaTypeOf(details), "") << type;
    }
}

}  // namespace
}  // namespace private_image::upload
