#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "upload/imagekit_api/answer.hpp"
#include "upload/imagekit_api/credentials.hpp"

namespace private_image::upload {
namespace {

using Json = nlohmann::json;

constexpr std::string_view gateUrl = "https://img.example/img/";

Json answered(const UploadRequest& request, const std::string& path = "/shop/a_1.png") {
    const StoredImage image{path, "id", 6300, 64, 48, request.isPrivate};
    return Json::parse(imagekitUploadAnswer(image, request, gateUrl));
}

TEST(UploadAnswer, HasTheMembersThatClientsRead) {
    EXPECT_EQ(answered({}),
              (Json{{"fileId", "L3Nob3AvYV8xLnBuZw"},
                    {"name", "a_1.png"},
                    {"size", 6300},
                    {"versionInfo", {{"id", "L3Nob3AvYV8xLnBuZw"}, {"name", "Version 1"}}},
                    {"filePath", "/shop/a_1.png"},
                    {"url", "https://img.example/img/shop/a_1.png"},
                    {"fileType", "image"},
                    {"height", 48},
                    {"width", 64},
                    {"thumbnailUrl", "https://img.example/img/tr:n-ik_ml_thumbnail/shop/a_1.png"},
                    {"AITags", nullptr}}));
}

TEST(UploadAnswer, ShowsFurtherMembersWhereTheyAreAskedFor) {
    UploadRequest request;
    request.isPrivate = true;
    request.tags = {"a", "b"};
    request.showsPrivate = request.showsPublished = request.showsTags = request.showsCoordinates =
        true;
    const Json answer = answered(request);
    EXPECT_EQ(answer["isPrivateFile"], true);
    EXPECT_EQ(answer["isPublished"], true);
    EXPECT_EQ(answer["tags"], (Json{"a", "b"}));
    EXPECT_EQ(answer["customCoordinates"], nullptr);
    request.tags = std::vector<std::string>{};
    EXPECT_EQ(answered(request)["tags"], nullptr);
}

TEST(UploadAnswer, UrlsAreEncodedAndIdsAreSafe) {
    const std::string path = "/\xc3\xbc/\xe5\x9b\xbe.png";
    const Json answer = answered({}, path);
    EXPECT_EQ(answer["url"], "https://img.example/img/%C3%BC/%E5%9B%BE.png");
    const std::string id = answer["fileId"];
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
              id.npos);
    EXPECT_EQ(base64Decode(id), path);
}

TEST(UploadAnswer, AnErrorIsJsonWhateverTheClientSent) {
    const Json answer = Json::parse(imagekitErrorAnswer({Outcome::badField, "\"\xff\r\n\x01"}));
    EXPECT_TRUE(answer["message"].is_string());
    EXPECT_TRUE(answer["help"].is_string());
}

TEST(UploadCredentials, TheUserNameIsThePrivateKey) {
    std::vector<UploadKey> keys;
    keys.push_back({{Secret("private_0123456789"), "a.key"}, "public_a", {}});
    keys.push_back({{Secret("private_9876543210"), "b.key"}, "public_b", {}});
    const struct {
        std::string header;
        int key;  // -1: refused
    } rows[] = {
        {"Basic cHJpdmF0ZV8wMTIzNDU2Nzg5Og==", 0},                // empty password
        {"basic   cHJpdmF0ZV85ODc2NTQzMjEwOmRvX25vdF9zZXQ=", 1},  // do_not_set
        {"Basic cHJpdmF0ZV8wMTIzNDU2Nzg5", -1},                   // no colon
        {"Basic cHJpdmF0ZV8wMTIzNDU2Nzg6", -1},                   // a byte less
        {"Basic OnByaXZhdGVfMDEyMzQ1Njc4OQ==", -1},               // as the password
        {"Bearer cHJpdmF0ZV8wMTIzNDU2Nzg5Og==", -1},
        {"Basic !!", -1},
        {"Basic", -1},
        {"Basic ", -1},
        {"Basic Og==", -1},
    };
    for (const auto& row : rows) {
        const auto key = checkBasicKey(row.header, keys);
        if (row.key < 0) {
            ASSERT_FALSE(key) << row.header;
            EXPECT_EQ(key.error().outcome, Outcome::badKey) << row.header;
        } else {
            ASSERT_TRUE(key) << row.header;
            EXPECT_EQ(*key, &keys[static_cast<std::size_t>(row.key)]);
        }
    }
    EXPECT_EQ(checkBasicKey("", keys).error().outcome, Outcome::noKey);
    EXPECT_EQ(checkBasicKey("Basic Og==", {}).error().outcome, Outcome::badKey);
}

TEST(UploadAnswer, Base64UrlIsTheInverseOfDecoding) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64Decode(base64UrlEncode(bytes)), bytes) << i;
        EXPECT_EQ(base64UrlDecode(base64UrlEncode(bytes)), bytes) << i;
        bytes += static_cast<char>(i * 37);
    }
    EXPECT_EQ(base64UrlEncode("\xfb\xff"), "-_8");
    for (const char* other : {"+/8", "-/8", "-_8=", "-_9", "-_", "-", "-_8 ", "-_8-_"}) {
        EXPECT_EQ(base64UrlDecode(other), std::nullopt) << other;
    }
}

}  // namespace
}  // namespace private_image::upload
