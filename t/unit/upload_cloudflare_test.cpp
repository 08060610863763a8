#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "upload/cloudflare_api/answer.hpp"
#include "upload/cloudflare_api/credentials.hpp"
#include "upload/cloudflare_api/image_id.hpp"
#include "upload/cloudflare_api/routes.hpp"

namespace private_image::upload {
namespace {

using Object = nlohmann::json;

const std::string uuid = "2cdc28f0-017a-49c4-9ed7-87056c839010";
const std::string images = "accounts/acct/images/";

// ---- routes ----

TEST(CloudflareRoutes, ServedCallsAreRecognised) {
    const struct {
        std::string method, target;
        CloudflareRoute route;
    } rows[] = {
        {"POST", images + "v1", {CloudflareCall::upload, "acct", ""}},
        {"POST", images + "v1?x=1", {CloudflareCall::upload, "acct", ""}},
        {"POST", images + "v1/direct_upload", {CloudflareCall::directUpload, "acct", ""}},
        {"POST", images + "v2/direct_upload", {CloudflareCall::directUpload, "acct", ""}},
        {"GET", images + "v1/" + uuid, {CloudflareCall::details, "acct", uuid}},
        {"PATCH", images + "v1/" + uuid, {CloudflareCall::edit, "acct", uuid}},
        {"DELETE", images + "v1/" + uuid, {CloudflareCall::remove, "acct", uuid}},
        {"GET", images + "v1/" + uuid + "/blob", {CloudflareCall::blob, "acct", uuid}},
        {"GET",
         images + "v1/shop%2Fgr%C3%B6%C3%9Fe%201%2F100%25.png",
         {CloudflareCall::details, "acct",
          "shop/gr\xc3\xb6\xc3\x9f"
          "e 1/100%.png"}},
        {"GET", images + "v1/keys%2Fa", {CloudflareCall::details, "acct", "keys/a"}},
        {"GET", images + "v1/a%2Fblob", {CloudflareCall::details, "acct", "a/blob"}},
        {"GET", images + "v1/blob", {CloudflareCall::details, "acct", "blob"}},
        {"GET", images + "v1/blob/blob", {CloudflareCall::blob, "acct", "blob"}},
        {"POST", "upload/hash/" + uuid + "?exp=1", {CloudflareCall::creatorUpload, "", uuid}},
        {"POST", "upload/hash/a%2Fb", {CloudflareCall::creatorUpload, "", "a/b"}},
    };
    for (const auto& row : rows) {
        const auto route = parseCloudflareRoute(row.method, row.target);
        ASSERT_TRUE(route) << row.method << " " << row.target;
        EXPECT_EQ(*route, row.route) << row.method << " " << row.target;
    }
}

TEST(CloudflareRoutes, OtherCallsOfTheApiAreNotServedAndNamed) {
    const struct {
        const char *method, *end;
    } rows[] = {
        {"GET", "v1?page=1&per_page=10&creator=user-17"},
        {"GET", "v2?per_page=2&sort_order=desc"},
        {"GET", "v1/stats"},
        {"GET", "v1/keys"},
        {"PUT", "v1/keys/second"},
        {"DELETE", "v1/keys/second"},
        {"POST", "v1/variants"},
        {"GET", "v1/variants"},
        {"GET", "v1/variants/hero"},
        {"PATCH", "v1/variants/hero"},
        {"DELETE", "v1/variants/hero"},
        {"GET", "v1/batch_token"},
        {"GET", "v1/config"},
    };
    for (const auto& row : rows) {
        const auto route = parseCloudflareRoute(row.method, images + row.end);
        ASSERT_FALSE(route) << row.end;
        EXPECT_EQ(route.error().error.outcome, Outcome::notServed) << row.end;
        EXPECT_EQ(route.error().account, "acct");
        EXPECT_NE(route.error().error.message.find(row.method), std::string::npos);
    }
}

TEST(CloudflareRoutes, AllElseHasNoRoute) {
    const struct {
        std::string method, target, account;
    } rows[] = {
        {"GET", "", ""},
        {"GET", "favicon.ico", ""},
        {"POST", "accounts/acct/images", ""},
        {"POST", "accounts//images/v1", ""},
        {"POST", "/accounts/acct/images/v1", ""},
        {"POST", "accounts/acct/stream/v1", ""},
        {"POST", "accounts%2Facct/images/v1", ""},
        {"POST", images + "v3", "acct"},
        {"POST", images + "v1/", "acct"},
        {"PUT", images + "v1", "acct"},
        {"GET", images + "v1/direct_upload", "acct"},
        {"POST", images + "v1/direct_upload/", "acct"},
        {"POST", images + "v2", "acct"},
        {"GET", images + "v2/" + uuid, "acct"},
        {"POST", images + "v1/" + uuid, "acct"},
        {"GET", images + "v1/shop/a.png", "acct"},
        {"DELETE", images + "v1/" + uuid + "/blob", "acct"},
        {"GET", images + "v1/" + uuid + "/blob/", "acct"},
        {"GET", "upload/hash/" + uuid, ""},
        {"POST", "upload/" + uuid, ""},
        {"POST", "upload/hash/a/b", ""},
        {"GET", std::string(9000, '/'), ""},
    };
    for (const auto& row : rows) {
        const auto route = parseCloudflareRoute(row.method, row.target);
        ASSERT_FALSE(route) << row.method << " " << row.target;
        EXPECT_EQ(route.error().error.outcome, Outcome::notFound);
        EXPECT_EQ(cloudflareCodeOf(route.error().error), noRouteCode) << row.target;
        EXPECT_EQ(route.error().account, row.account) << row.target;
    }
}

TEST(CloudflareRoutes, AnIdThatNoImageHasIsNotFound) {
    for (const char* id : {"%2e%2e", "..", ".", "a%2F..%2Fb", "%2Fa", "a%2F", "a%2F%2Fb", "%zz",
                           "%", "a%00b", "a%5Cb", "a%0A", ".a", "%252e%252e"}) {
        const auto route = parseCloudflareRoute("GET", images + "v1/" + id);
        ASSERT_FALSE(route) << id;
        EXPECT_EQ(route.error().error.outcome, Outcome::notFound) << id;
        EXPECT_EQ(cloudflareCodeOf(route.error().error), noSuchImageCode) << id;
        EXPECT_FALSE(parseCloudflareRoute("POST", std::string("upload/h/") + id)) << id;
    }
}

// ---- credentials ----

TEST(CloudflareCredentials, ATokenCountsForItsAccount) {
    std::vector<UploadKey> keys;
    keys.push_back({{Secret("token_0123456789"), "a.token"}, {}, "acct"});
    keys.push_back({{Secret("token_9876543210"), "b.token"}, {}, "other"});
    keys.push_back({{Secret("token_of_two_accounts"), "c.token"}, {}, "other"});
    keys.push_back({{Secret("token_of_two_accounts"), "d.token"}, {}, "acct"});
    keys.push_back({{Secret("token_without_id"), "e.token"}, {}, ""});
    const struct {
        std::string authorization, authKey;
        int key;  // -1: refused
        Outcome outcome;
        unsigned status;
        unsigned code;
    } rows[] = {
        {"Bearer token_0123456789", "", 0, Outcome::stored, 200, 0},
        {"bearer  token_0123456789 ", "", 0, Outcome::stored, 200, 0},
        {"", "token_0123456789", 0, Outcome::stored, 200, 0},
        {"Bearer token_of_two_accounts", "", 3, Outcome::stored, 200, 0},
        {"", "", -1, Outcome::noKey, 401, 10000},
        {"Bearer token_9876543210", "", -1, Outcome::badKey, 403, 5403},
        {"", "token_9876543210", -1, Outcome::badKey, 403, 5403},
        {"Bearer token_without_id", "", -1, Outcome::badKey, 403, 5403},
        {"Bearer token_012345678", "", -1, Outcome::badKey, 401, 10000},
        {"Bearer", "", -1, Outcome::badKey, 401, 10000},
        {"Bearer ", "", -1, Outcome::badKey, 401, 10000},
        {"token_0123456789", "", -1, Outcome::badKey, 401, 10000},
        {"Basic token_0123456789", "token_0123456789", -1, Outcome::badKey, 401, 10000},
        {"", "TOKEN_0123456789", -1, Outcome::badKey, 401, 10000},
    };
    for (const auto& row : rows) {
        const auto key = checkCloudflareKey({row.authorization, row.authKey}, "acct", keys);
        if (row.key >= 0) {
            ASSERT_TRUE(key) << row.authorization;
            EXPECT_EQ(*key, &keys[static_cast<std::size_t>(row.key)]);
            continue;
        }
        ASSERT_FALSE(key) << row.authorization;
        EXPECT_EQ(key.error().outcome, row.outcome) << row.authorization;
        EXPECT_EQ(statusOf(key.error(), Dialect::cloudflare), row.status) << row.authorization;
        EXPECT_EQ(cloudflareCodeOf(key.error()), row.code) << row.authorization;
    }
    EXPECT_FALSE(checkCloudflareKey({"Bearer token_without_id", ""}, "", keys));
    EXPECT_FALSE(checkCloudflareKey({"Bearer ", ""}, "acct", {}));
}

// ---- ids ----

TEST(CloudflareIds, UuidsAreRandomAndOfVersion4) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string made = makeUuid();
        EXPECT_TRUE(isUuid(made)) << made;
        EXPECT_EQ(made[14], '4') << made;
        EXPECT_NE(std::string("89ab").find(made[19]), std::string::npos) << made;
        EXPECT_TRUE(seen.insert(made).second);
    }
    EXPECT_TRUE(isUuid("2CDC28F0-017A-49C4-9ED7-87056C839010"));
    for (const std::string& text :
         {std::string(), uuid + "0", uuid.substr(1), "{" + uuid + "}", std::string(36, '-'),
          std::string(36, 'a'), std::string("2cdc28f0-017a-49c4-9ed7-87056c83901g")}) {
        EXPECT_FALSE(isUuid(text)) << text;
    }
}

TEST(CloudflareIds, CustomIdsArePaths) {
    std::string umlauts, longest;
    for (int i = 0; i < 1024; ++i) {
        umlauts += i % 100 == 99 ? "/" : "\xc3\xbc";
        longest += i % 200 == 199 ? "/" : "x";
    }
    for (const std::string& id :
         {std::string("a"), std::string("path/to/one"),
          std::string("shop/gr\xc3\xb6\xc3\x9f"
                      "e 1/a.png"),
          std::string("100%.png"), std::string("v1.2"), std::string("a.JPEG"),
          std::string("keys/a"), "x" + uuid, std::string("a?b=c#d"), umlauts, longest,
          std::string(255, 'x')}) {
        EXPECT_EQ(customIdError(id), "") << id;
    }
    for (const std::string& id : {std::string(),
                                  uuid,
                                  std::string("2CDC28F0-017A-49C4-9ED7-87056C839010"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("/"),
                                  std::string("a//b"),
                                  std::string("../a"),
                                  std::string("a/.b"),
                                  std::string("%2e%2e/a"),
                                  std::string("a\\b"),
                                  std::string("a\nb"),
                                  std::string("a\0b", 3),
                                  std::string("a\xff"),
                                  umlauts + "x",
                                  longest + "x",
                                  std::string(256, 'x'),
                                  std::string("a.html"),
                                  std::string("a/b.PDF"),
                                  std::string("stats"),
                                  std::string("variants"),
                                  std::string("direct_upload")}) {
        EXPECT_NE(customIdError(id), "") << id;
    }
}

// ---- answers ----

const std::vector<std::string> variants = {"public", "thumb"};
const Delivery delivery{"https://img.example/Vi7w/", variants};

TEST(CloudflareAnswers, AnImageHasTheMembersThatClientsRead) {
    ImageDetails details;
    details.filename = "a.png";
    details.uploadedMs = 1'796'039'752'953;
    details.metadata = R"({"k":"v"})";
    Object image = {
        {"id", "shop/100%/\xc3\xbc"},
        {"filename", "a.png"},
        {"uploaded", "2026-11-30T11:55:52.953Z"},
        {"requireSignedURLs", true},
        {"variants",
         {"https://img.example/Vi7w/shop/100%25/%C3%BC/public",
          "https://img.example/Vi7w/shop/100%25/%C3%BC/thumb"}},
        {"meta", {{"k", "v"}}},
        {"metadata", {{"k", "v"}}},
        {"creator", nullptr},
    };
    Object answer = {{"result", image},
                     {"result_info", nullptr},
                     {"success", true},
                     {"errors", Object::array()},
                     {"messages", Object::array()}};
    const std::string id = "shop/100%/\xc3\xbc";
    EXPECT_EQ(Object::parse(cloudflareImageAnswer(id, true, details, delivery)), answer);
    answer["result"]["draft"] = true;
    EXPECT_EQ(Object::parse(cloudflareDraftAnswer(id, true, details, delivery)), answer);
    details.creator = "c";
    EXPECT_EQ(
        Object::parse(cloudflareImageAnswer(id, false, details, delivery))["result"]["creator"],
        "c");
}

TEST(CloudflareAnswers, OthersHaveTheSameEnvelope) {
    EXPECT_EQ(Object::parse(cloudflareEmptyAnswer())["result"], Object::object());
    EXPECT_EQ(Object::parse(cloudflareUploadUrlAnswer("a", "https://door/x"))["result"],
              (Object{{"id", "a"}, {"uploadURL", "https://door/x"}}));
    const Object error =
        Object::parse(cloudflareErrorAnswer({Outcome::exists, "Resource already exists"}));
    EXPECT_EQ(error["success"], false);
    EXPECT_EQ(error["result"], nullptr);
    EXPECT_EQ(error["errors"][0]["code"], 5409);
    EXPECT_EQ(error["errors"][0]["message"], "ERROR 5409: Resource already exists");
    EXPECT_TRUE(
        Object::parse(cloudflareErrorAnswer({Outcome::badField, "\"\xff\r\n"})).is_object());
}

TEST(CloudflareAnswers, EachOutcomeHasTheServicesStatusAndCode) {
    const struct {
        Outcome outcome;
        unsigned status, code, imagekitStatus;
    } rows[] = {
        {Outcome::noKey, 401, 10000, 401},
        {Outcome::badKey, 401, 10000, 403},
        {Outcome::badToken, 403, 5403, 400},
        {Outcome::usedToken, 409, 5409, 400},
        {Outcome::expired, 403, 5403, 400},
        {Outcome::badField, 400, 5400, 400},
        {Outcome::exists, 409, 5409, 400},
        {Outcome::tooLarge, 413, 7011, 413},
        {Outcome::unsupportedType, 415, 5455, 415},
        {Outcome::damaged, 422, 9422, 422},
        {Outcome::notServed, 501, 5400, 501},
        {Outcome::notFound, 404, 5404, 404},
        {Outcome::endedEarly, 400, 5400, 400},
        {Outcome::tooSlow, 408, 5400, 408},
        {Outcome::busy, 503, 5400, 503},
        {Outcome::storeError, 502, 5400, 502},
        {Outcome::storeTimeout, 504, 5400, 504},
        {Outcome::markUnseen, 500, 5400, 500},
    };
    for (const auto& row : rows) {
        const UploadError error{row.outcome, ""};
        EXPECT_EQ(statusOf(error, Dialect::cloudflare), row.status) << outcomeWord(row.outcome);
        EXPECT_EQ(statusOf(error, Dialect::imagekit), row.imagekitStatus)
            << outcomeWord(row.outcome);
        EXPECT_EQ(cloudflareCodeOf(error), row.code) << outcomeWord(row.outcome);
    }
    EXPECT_EQ(cloudflareCodeOf({Outcome::tooLarge, "", animationTooLargeCode}), 5443u);
}

// Clients repeat a request after 408, 409, 429 and every status from 500 on.
TEST(CloudflareAnswers, WhatIsFinalIsNotRepeated) {
    for (const Outcome outcome :
         {Outcome::usedToken, Outcome::exists, Outcome::notServed, Outcome::markUnseen}) {
        EXPECT_TRUE(isFinal(outcome, false)) << outcomeWord(outcome);
        EXPECT_TRUE(isFinal(outcome, true)) << outcomeWord(outcome);
    }
    for (const Outcome outcome : {Outcome::storeError, Outcome::storeTimeout}) {
        EXPECT_FALSE(isFinal(outcome, false)) << outcomeWord(outcome);
        EXPECT_TRUE(isFinal(outcome, true)) << outcomeWord(outcome);
    }
    for (const Outcome outcome : {Outcome::busy, Outcome::tooSlow}) {
        EXPECT_FALSE(isFinal(outcome, true)) << outcomeWord(outcome);
    }
}

}  // namespace
}  // namespace private_image::upload
