#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "upload/image_name.hpp"
#include "upload/imagekit_api/answer.hpp"
#include "upload/imagekit_api/management.hpp"

namespace private_image::upload {
namespace {

using Object = nlohmann::json;

constexpr std::string_view gateUrl = "https://img.example/img/";

const std::string id = fileIdOf("/shop/a.png");

TEST(UploadRoutes, ServedCallsAreRecognised) {
    const std::string path = "/shop/a.png";
    const struct {
        std::string method, target;
        ImagekitRoute route;
    } rows[] = {
        {"POST", "api/v1/files/upload", {ImagekitCall::uploadV1, ""}},
        {"POST", "api/v2/files/upload", {ImagekitCall::uploadV2, ""}},
        {"POST", "api/v1/files/upload?x=1", {ImagekitCall::uploadV1, ""}},
        {"GET", "v1/files/" + id + "/details", {ImagekitCall::details, path}},
        {"GET", "v1/files/" + id + "/details?a=b/c", {ImagekitCall::details, path}},
        {"PATCH", "v1/files/" + id + "/details", {ImagekitCall::edit, path}},
        {"DELETE", "v1/files/" + id, {ImagekitCall::remove, path}},
        {"POST", "v1/files/batch/deleteByFileIds", {ImagekitCall::removeBatch, ""}},
        {"POST", "v1/files/purge", {ImagekitCall::purge, ""}},
        {"GET", "v1/files/purge/598821f949c0a938d57563bd", {ImagekitCall::purgeStatus, ""}},
    };
    for (const auto& row : rows) {
        const auto route = parseImagekitRoute(row.method, row.target);
        ASSERT_TRUE(route) << row.target;
        EXPECT_EQ(*route, row.route) << row.method << " " << row.target;
    }
}

TEST(UploadRoutes, EveryOtherCallIsNotServedAndNamed) {
    const struct {
        std::string method, target;
    } rows[] = {
        {"GET", "v1/files"},
        {"GET", "v1/files/?skip=0&limit=10&path=%2Fshop"},
        {"GET", "v1/files?limit=10&searchQuery=name%20%3D%20%22a.png%22"},
        {"POST", "v1/files/copy"},
        {"POST", "v1/files/move"},
        {"PUT", "v1/files/rename"},
        {"POST", "v1/files/addTags"},
        {"POST", "v1/files/removeTags"},
        {"POST", "v1/folder"},
        {"DELETE", "v1/folder"},
        {"GET", "v1/bulkJobs/1"},
        {"GET", "v1/files/" + id + "/metadata"},
        {"GET", "v1/files/" + id + "/versions"},
        {"GET", "v1/files/" + id},
        {"PUT", "v1/files/" + id + "/details"},
        {"DELETE", "v1/files/" + id + "/details"},
        {"DELETE", "v1/files/" + id + "/versions/1"},
        {"GET", "v1/customMetadataFields"},
        {"GET", "api/v1/files/upload"},
        {"POST", "api/v1/files/upload/"},
        {"POST", "api/v3/files/upload"},
        {"POST", "v1/files/purge/"},
        {"GET", "v1/files/purge/a/b"},
    };
    for (const auto& row : rows) {
        const auto route = parseImagekitRoute(row.method, row.target);
        ASSERT_FALSE(route) << row.target;
        EXPECT_EQ(route.error().outcome, Outcome::notServed) << row.target;
        const std::string name = row.method + " /" + row.target.substr(0, row.target.find('?'));
        EXPECT_NE(route.error().message.find(name.substr(0, 60)), std::string::npos);
    }
    for (const char* target : {"", "favicon.ico", "v1", "api", "v1files/x", "//v1/files"}) {
        EXPECT_EQ(parseImagekitRoute("GET", target).error().outcome, Outcome::notFound) << target;
    }
}

TEST(UploadRoutes, AnIdOfNoImageIsNotFound) {
    for (const std::string& other :
         {std::string("65f1c0ffee0123456789abcd"), id + "=", id + "A", std::string("%4C"),
          fileIdOf("shop/a.png"), fileIdOf("/"), fileIdOf(""), fileIdOf("/a/"), fileIdOf("/../a"),
          fileIdOf("/a/%2e%2e/b"), fileIdOf("/a//b"), fileIdOf("/.a"), fileIdOf("/a/.b/c"),
          fileIdOf("/a\\b"), fileIdOf("/a\nb"), fileIdOf(std::string("/a\0b", 4))}) {
        EXPECT_FALSE(pathOfFileId(other)) << other;
        for (const auto& [method, end] :
             {std::pair{"GET", "/details"}, {"PATCH", "/details"}, {"DELETE", ""}}) {
            const auto route = parseImagekitRoute(method, "v1/files/" + other + end);
            if (!other.empty()) {
                ASSERT_FALSE(route) << other;
                EXPECT_EQ(route.error().outcome, Outcome::notFound) << other;
                EXPECT_EQ(route.error().message, "The requested file does not exist.");
            }
        }
    }
    EXPECT_EQ(pathOfFileId(id), "/shop/a.png");
    EXPECT_EQ(pathOfFileId(fileIdOf("/\xc3\xbc 100%.png")), "/\xc3\xbc 100%.png");
}

TEST(UploadRoutes, TwoSpellingsNeverNameOneImage) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
    const std::string own = fileIdOf("/ab.png");
    for (const char digit : digits) {
        std::string other = own;
        other.back() = digit;
        EXPECT_EQ(pathOfFileId(other) == "/ab.png", other == own) << digit;
    }
}

TEST(UploadEdit, ChangesWhatItNames) {
    ImageDetails details;
    details.tags = {"old"};
    details.customCoordinates = "0,0,1,1";
    details.description = "old";
    const auto applied = [&](std::string_view body) {
        ImageDetails changed = details;
        apply(*parseImagekitEdit(body), changed);
        return changed;
    };
    EXPECT_EQ(applied("{}"), details);
    ImageDetails expected = details;
    expected.tags = {"a", "b"};
    expected.customCoordinates = "1,1,5,5";
    EXPECT_EQ(applied(R"({"tags":["a","b"],"customCoordinates":"1,1,5,5"})"), expected);
    expected = details;
    expected.tags.reset();
    expected.customCoordinates.reset();
    EXPECT_EQ(applied(R"({"tags":null,"customCoordinates":null})"), expected);
    expected = details;
    expected.description = "";
    EXPECT_EQ(applied(R"({"description":"","publish":{"isPublished":true}})"), expected);
}

TEST(UploadEdit, RefusesTheOthers) {
    const struct {
        std::string body;
        Outcome outcome;
    } rows[] = {
        {R"({"customMetadata":{}})", Outcome::notServed},
        {R"({"removeAITags":"all"})", Outcome::notServed},
        {R"({"extensions":[]})", Outcome::notServed},
        {R"({"webhookUrl":"x"})", Outcome::notServed},
        {R"({"publish":{"isPublished":false}})", Outcome::notServed},
        {R"({"publish":{"isPublished":true,"includeFileVersions":false}})", Outcome::stored},
        {R"({"publish":{"isPublished":"true"}})", Outcome::badField},
        {R"({"publish":{}})", Outcome::badField},
        {R"({"publish":{"isPublished":true,"x":true}})", Outcome::badField},
        {R"({"publish":true})", Outcome::badField},
        {R"({"isPrivateFile":false})", Outcome::badField},
        {R"({"isPublished":false})", Outcome::badField},
        {R"({"tags":"a"})", Outcome::badField},
        {R"({"tags":["a",1]})", Outcome::badField},
        {R"({"tags":["100%"]})", Outcome::badField},
        {R"({"tags":[")" + std::string(501, 'x') + R"("]})", Outcome::badField},
        {R"({"tags":[")" + std::string(500, 'x') + R"("]})", Outcome::stored},
        {R"({"tags":["a"],"tags":["a"]})", Outcome::badField},
        {R"({"customCoordinates":"1,2"})", Outcome::badField},
        {R"({"customCoordinates":[1,2,3,4]})", Outcome::badField},
        {R"({"description":null})", Outcome::badField},
        {"", Outcome::badField},
        {"[]", Outcome::badField},
        {"tags=a", Outcome::badField},
    };
    for (const auto& row : rows) {
        const auto edit = parseImagekitEdit(row.body);
        EXPECT_EQ(edit ? Outcome::stored : edit.error().outcome, row.outcome) << row.body;
    }
}

TEST(UploadBatch, NamesEachFileOnce) {
    const std::string other = fileIdOf("/b.png");
    const auto batch = parseFileBatch(Object{{"fileIds", {id, "65f1c0ffee", other, id}}}.dump());
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->files, (std::vector<NamedFile>{{id, "/shop/a.png"}, {other, "/b.png"}}));
    EXPECT_EQ(batch->missing, std::vector<std::string>{"65f1c0ffee"});
    const std::vector<std::string> full(maxBatchFiles, id);
    EXPECT_TRUE(parseFileBatch(Object{{"fileIds", full}}.dump()));
    const std::vector<std::string> tooMany(maxBatchFiles + 1, id);
    EXPECT_FALSE(parseFileBatch(Object{{"fileIds", tooMany}}.dump()));
    for (const char* body :
         {"", "{}", "[]", R"({"fileIds":[]})", R"({"fileIds":"a"})", R"({"fileIds":[1]})",
          R"({"fileIds":["a"],"x":1})", R"({"fileIds":["a"],"fileIds":["b"]})"}) {
        const auto refused = parseFileBatch(body);
        ASSERT_FALSE(refused) << body;
        EXPECT_EQ(refused.error().outcome, Outcome::badField) << body;
    }
}

TEST(UploadBatch, TheAnswerSaysWhatWasDeleted) {
    const auto all = fileBatchAnswer({"a", "b"}, {});
    EXPECT_EQ(all.status, 200u);
    EXPECT_EQ(Object::parse(all.body), (Object{{"successfullyDeletedFileIds", {"a", "b"}}}));
    const auto some = fileBatchAnswer({"a"}, {"b"});
    EXPECT_EQ(some.status, 207u);
    EXPECT_EQ(Object::parse(some.body)["successfullyDeletedFileIds"], Object::array({"a"}));
    ASSERT_EQ(Object::parse(some.body)["errors"].size(), 1u);
    EXPECT_EQ(Object::parse(some.body)["errors"][0]["fileId"], "b");
    EXPECT_TRUE(Object::parse(some.body)["errors"][0]["error"].is_string());
    const auto missing = missingFilesAnswer({"c"});
    EXPECT_EQ(missing.status, 404u);
    EXPECT_EQ(Object::parse(missing.body)["missingFileIds"], Object::array({"c"}));
    EXPECT_TRUE(Object::parse(missing.body)["message"].is_string());
}

TEST(UploadPurge, NamesAnImageOfTheGate) {
    const struct {
        std::string url;
        std::string path;  // empty: refused
        Outcome outcome;
    } rows[] = {
        {"https://img.example/img/shop/a.png", "/shop/a.png", Outcome::stored},
        {"https://img.example/img/shop/a.png?tr=w-100&ik-s=1", "/shop/a.png", Outcome::stored},
        {"https://img.example/img/tr:w-100/shop/a.png", "/shop/a.png", Outcome::stored},
        {"https://img.example/img/%C3%BC%20b.png", "/\xc3\xbc b.png", Outcome::stored},
        {"https://img.example/img/*", "", Outcome::notServed},
        {"https://img.example/img/shop/a.png*", "", Outcome::notServed},
        {"https://img.example/img/", "", Outcome::badField},
        {"https://img.example/img/shop/", "", Outcome::badField},
        {"https://img.example/img/%zz", "", Outcome::badField},
        {"https://img.example/img/../a.png", "", Outcome::badField},
        {"https://img.example/img/%2e%2e/a.png", "", Outcome::badField},
        {"https://img.example/img//a.png", "", Outcome::badField},
        {"https://img.example/img/.a", "", Outcome::badField},
        {"https://img.example/a.png", "", Outcome::badField},
        {"https://other.example/img/a.png", "", Outcome::badField},
        {"/img/a.png", "", Outcome::badField},
        {"", "", Outcome::badField},
    };
    for (const auto& row : rows) {
        const auto path = parsePurge(Object{{"url", row.url}}.dump(), gateUrl);
        EXPECT_EQ(path ? Outcome::stored : path.error().outcome, row.outcome) << row.url;
        EXPECT_EQ(path ? *path : "", row.path) << row.url;
    }
    for (const char* body : {"", "{}", R"({"url":1})", R"({"url":"x","a":1})"}) {
        EXPECT_EQ(parsePurge(body, gateUrl).error().outcome, Outcome::badField) << body;
    }
}

TEST(UploadPurge, AnswersHaveAnIdAndAStatus) {
    const Object first = Object::parse(purgeAnswer("/a.png"));
    const std::string request = first["requestId"];
    EXPECT_EQ(request.size(), 24u);
    EXPECT_EQ(request.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(Object::parse(purgeStatusAnswer()), (Object{{"status", "Completed"}}));
}

TEST(UploadFileAnswer, HasTheMembersThatClientsRead) {
    ImageDetails details;
    details.uploadedMs = 1'796'039'752'953;
    details.width = 64;
    details.height = 48;
    details.type = "image/png";
    details.tags = {"a"};
    StoredImage image{"/shop/a.png", "id", 6300, 64, 48, true};
    Object expected = {
        {"type", "file"},
        {"fileId", id},
        {"name", "a.png"},
        {"filePath", "/shop/a.png"},
        {"url", "https://img.example/img/shop/a.png"},
        {"thumbnail", "https://img.example/img/tr:n-ik_ml_thumbnail/shop/a.png"},
        {"fileType", "image"},
        {"mime", "image/png"},
        {"size", 6300},
        {"width", 64},
        {"height", 48},
        {"hasAlpha", false},
        {"isPrivateFile", true},
        {"isPublished", true},
        {"tags", {"a"}},
        {"AITags", nullptr},
        {"customCoordinates", nullptr},
        {"versionInfo", {{"id", id}, {"name", "Version 1"}}},
        {"createdAt", "2026-11-30T11:55:52.953Z"},
        {"updatedAt", "2026-11-30T11:55:52.953Z"},
    };
    EXPECT_EQ(Object::parse(imagekitFileAnswer(image, details, gateUrl)), expected);
    image.isPrivate = false;
    details.tags.reset();
    details.customCoordinates = "1,2,3,4";
    details.description = "d";
    details.hasAlpha = true;
    details.changedMs = details.uploadedMs + 1000;
    expected["isPrivateFile"] = false;
    expected["tags"] = nullptr;
    expected["customCoordinates"] = "1,2,3,4";
    expected["description"] = "d";
    expected["hasAlpha"] = true;
    expected["updatedAt"] = "2026-11-30T11:55:53.953Z";
    EXPECT_EQ(Object::parse(imagekitFileAnswer(image, details, gateUrl)), expected);
}

TEST(UploadNames, APathThatTheGateRefusesIsNotStored) {
    for (const char* path :
         {"/a", "/a/b.png", "/a b", "/100%.png", "/\xc3\xbc", "/a?b#c", "/a..b"}) {
        EXPECT_EQ(storedPathError(path), "") << path;
    }
    for (const char* path : {"", "a", "/", "//", "/a/", "//a", "/a//b", "/.", "/..", "/.a", "/a/.b",
                             "/a/../b", "/%2e%2e/b", "/..;x/b", "/a\\b", "/a\x7f"}) {
        EXPECT_NE(storedPathError(path), "") << path;
    }
}

}  // namespace
}  // namespace private_image::upload
