#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "upload/cloudflare_api/answer.hpp"
#include "upload/cloudflare_api/credentials.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/cloudflare_api/image_id.hpp"
#include "upload/cloudflare_api/routes.hpp"

namespace private_image::upload {
namespace {

using Object = nlohmann::json;
using Fields = std::vector<Field>;

constexpr std::int64_t now = 1'796'000'000;  // 2026-11-30T00:53:20Z
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
    keys.push_back({{Secret("token_0123456789"), "a.token"}, "acct"});
    keys.push_back({{Secret("token_9876543210"), "b.token"}, "other"});
    keys.push_back({{Secret("token_of_two_accounts"), "c.token"}, "other"});
    keys.push_back({{Secret("token_of_two_accounts"), "d.token"}, "acct"});
    keys.push_back({{Secret("token_without_id"), "e.token"}, ""});
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

// ---- fields of an upload ----

Result<UploadRequest, UploadError> parsed(const Fields& fields, bool allowsPrivateIds = false) {
    return parseCloudflareUpload(fields, true, allowsPrivateIds);
}

std::string metadataOf(const Fields& fields) {
    const auto request = parsed(fields);
    return request ? request->metadata : "refused: " + request.error().message;
}

TEST(CloudflareFields, DefaultsAreTheServices) {
    const auto request = parsed({});
    ASSERT_TRUE(request);
    EXPECT_TRUE(isUuid(request->name));
    EXPECT_EQ(request->folder, "/");
    EXPECT_FALSE(request->isPrivate);
    EXPECT_FALSE(request->wantsUniqueName);
    EXPECT_FALSE(request->mayOverwrite);
    EXPECT_FALSE(request->creator);
    EXPECT_EQ(request->metadata, "{}");
}

TEST(CloudflareFields, BooleansAreTrueOrFalseExactly) {
    EXPECT_TRUE(parsed({{"requireSignedURLs", "true"}})->isPrivate);
    EXPECT_FALSE(parsed({{"requireSignedURLs", "false"}})->isPrivate);
    for (const char* value : {"", "True", "TRUE", "1", "0", "yes", " true", "true ", "null"}) {
        const auto request = parsed({{"requireSignedURLs", value}});
        ASSERT_FALSE(request) << value;
        EXPECT_EQ(request.error().outcome, Outcome::badField);
        EXPECT_NE(request.error().message.find("requireSignedURLs"), std::string::npos);
    }
}

TEST(CloudflareFields, MetadataIsReadInBothForms) {
    const struct {
        Fields fields;
        const char* metadata;
    } rows[] = {
        {{{"metadata", R"({"key":"value"})"}}, R"({"key":"value"})"},
        {{{"metadata", R"( {"a": {"b": [1, true, null]}} )"}}, R"({"a":{"b":[1,true,null]}})"},
        {{{"metadata[key]", "value"}, {"metadata[n]", "2"}}, R"({"key":"value","n":"2"})"},
        {{{"metadata[a][b]", "1"}, {"metadata[a][c]", "2"}}, R"({"a":{"b":"1","c":"2"}})"},
        {{{"metadata[a][]", "1"}, {"creator", "x"}, {"metadata[a][]", "2"}}, R"({"a":["1","2"]})"},
        {{{"metadata[a b]", ""}}, R"({"a b":""})"},
        {{{"metadata[a][b][]", "1"}}, R"({"a":{"b":["1"]}})"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(metadataOf(row.fields), row.metadata);
    }
    const Fields refused[] = {
        {{"metadata", ""}},
        {{"metadata", "null"}},
        {{"metadata", "[]"}},
        {{"metadata", "{\"a\":1,\"a\":2}"}},
        {{"metadata", "key=value"}},
        {{"metadata", "{\"a\":\"" + std::string(maxMetadataBytes - 7, 'x') + "\"}"}},
        {{"metadata[]", "1"}},
        {{"metadata[", "1"}},
        {{"metadata[a", "1"}},
        {{"metadata[a]b", "1"}},
        {{"metadata[a[b]", "1"}},
        {{"metadata[a]]", "1"}},
        {{"metadata[][a]", "1"}},
        {{"metadata[a][][b]", "1"}},
        {{"metadata[a][b][c][d][e][f][g][h][i]", "1"}},
        {{"metadata[a]", "1"}, {"metadata[a]", "1"}},
        {{"metadata[a]", "1"}, {"metadata[a][b]", "1"}},
        {{"metadata[a][b]", "1"}, {"metadata[a]", "1"}},
        {{"metadata[a]", "1"}, {"metadata[a][]", "1"}},
        {{"metadata[a][]", "1"}, {"metadata[a]", "1"}},
        {{"metadata[a][]", "1"}, {"metadata[a][b]", "1"}},
        {{"metadata", "{}"}, {"metadata[a]", "1"}},
        {{"metadata[a]", "1"}, {"metadata", "{}"}},
        {{"metadata", "{}"}, {"metadata", "{}"}},
        {{"metadata[a]", "\xff"}},
        {{"metadata[\xff]", "a"}},
    };
    for (const Fields& fields : refused) {
        const auto request = parsed(fields);
        ASSERT_FALSE(request) << fields[0].name << "=" << fields[0].value;
        EXPECT_EQ(request.error().outcome, Outcome::badField);
    }
    const std::string longest = "{\"a\":\"" + std::string(maxMetadataBytes - 8, 'x') + "\"}";
    EXPECT_EQ(metadataOf({{"metadata", longest}}), longest);
}

TEST(CloudflareFields, UnknownAndRepeatedFieldsAreNamed) {
    for (const Fields& fields :
         {Fields{{"x", "1"}}, Fields{{"", ""}}, Fields{{"expiry", "2026-11-30T01:00:00Z"}},
          Fields{{"requiresignedurls", "true"}}, Fields{{"creator", "a"}, {"creator", "a"}},
          Fields{{"requireSignedURLs", "false"}, {"requireSignedURLs", "true"}},
          Fields{{"creator[a]", "1"}}, Fields{{"id", "a"}, {"id", "b"}},
          Fields{{"creator", "\xff"}}}) {
        const auto request = parsed(fields);
        ASSERT_FALSE(request) << fields[0].name;
        EXPECT_EQ(request.error().outcome, Outcome::badField);
        EXPECT_NE(request.error().message.find(fields[0].name), std::string::npos);
    }
    EXPECT_LT(parsed({{std::string(9000, 'x'), ""}}).error().message.size(), 200u);
}

TEST(CloudflareFields, EitherAFileOrAUrlIsNeeded) {
    const Fields url = {{"url", "http://remote.example/a.png"}};
    EXPECT_EQ(parseCloudflareUpload({}, false, false).error().outcome, Outcome::badField);
    EXPECT_EQ(parseCloudflareUpload(url, true, false).error().outcome, Outcome::badField);
    EXPECT_EQ(parseCloudflareUpload(url, false, false).error().outcome, Outcome::notServed);
}

TEST(CloudflareFields, ACustomIdIsPublicUnlessTheDoorAllowsIt) {
    const Fields fields = {{"id", "shop/a"}, {"requireSignedURLs", "true"}};
    const auto refused = parsed(fields);
    ASSERT_FALSE(refused);
    EXPECT_EQ(cloudflareCodeOf(refused.error()), badIdCode);
    EXPECT_EQ(statusOf(refused.error(), Dialect::cloudflare), 400u);
    const auto allowed = parsed(fields, true);
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->name, "shop/a");
    EXPECT_TRUE(allowed->isPrivate);
    EXPECT_EQ(parsed({{"id", "shop/a"}})->name, "shop/a");
    EXPECT_EQ(cloudflareCodeOf(parsed({{"id", uuid}}).error()), badIdCode);
}

TEST(CloudflareFields, TextsThatCannotBeKeptAreRefused) {
    EXPECT_TRUE(parsed({{"creator", std::string(1500, 'x')}}));
    const auto tooLong = parsed({{"creator", std::string(2000, 'x')}});
    ASSERT_FALSE(tooLong);
    EXPECT_EQ(tooLong.error().outcome, Outcome::badField);
}

// ---- direct uploads ----

Result<DirectUpload, UploadError> direct(std::string_view body) {
    return parseDirectUpload(body, now, false);
}

TEST(CloudflareDirectUpload, EveryFormOfTheBodyIsRead) {
    const auto empty = direct("");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(isUuid(empty->request.name));
    EXPECT_FALSE(empty->request.isPrivate);
    EXPECT_EQ(empty->expires, now + 1800);
    EXPECT_TRUE(parseDirectUpload(Fields{}, now, false));

    EXPECT_TRUE(direct("{\n\t\"requireSignedURLs\":\"true\"\n }")->request.isPrivate);
    EXPECT_TRUE(direct(R"({"requireSignedURLs":true})")->request.isPrivate);
    EXPECT_FALSE(direct(R"({"requireSignedURLs":false})")->request.isPrivate);
    EXPECT_FALSE(direct(R"({"requireSignedURLs":"false"})")->request.isPrivate);
    EXPECT_TRUE(direct("requireSignedURLs=true")->request.isPrivate);
    const auto form = direct("metadata%5Ba%5D=1+2&creator=%C3%BC&expiry=2026-11-30T01%3A00%3A00Z");
    ASSERT_TRUE(form) << form.error().message;
    EXPECT_EQ(form->request.metadata, R"({"a":"1 2"})");
    EXPECT_EQ(form->request.creator, "\xc3\xbc");
    EXPECT_EQ(form->expires, now + 400);
    const auto json = direct(R"({"id":"a/b","metadata":{"k":{"n":2}},"creator":"c"})");
    EXPECT_EQ(json->request.name, "a/b");
    EXPECT_EQ(json->request.metadata, R"({"k":{"n":2}})");
    const auto multipart = parseDirectUpload(
        Fields{{"requireSignedURLs", "true"}, {"metadata[user]", "u1"}, {"creator", "c"}}, now,
        false);
    EXPECT_TRUE(multipart->request.isPrivate);
    EXPECT_EQ(multipart->request.metadata, R"({"user":"u1"})");
}

TEST(CloudflareDirectUpload, OtherBodiesAreRefused) {
    for (const char* body : {"{",
                             "[]",
                             "x",
                             "requireSignedURLs",
                             "requireSignedURLs=",
                             "requireSignedURLs=yes",
                             "requireSignedURLs=true&requireSignedURLs=true",
                             "requireSignedURLs=true&",
                             "a=%zz",
                             R"({"requireSignedURLs":1})",
                             R"({"requireSignedURLs":null})",
                             R"({"requireSignedURLs":""})",
                             R"({"requireSignedURLs":"TRUE"})",
                             R"({"requireSignedURLs":true,"requireSignedURLs":false})",
                             R"({"requireSignedURLs":[true]})",
                             R"({"creator":null})",
                             R"({"creator":1})",
                             R"({"metadata":null})",
                             R"({"metadata":[]})",
                             R"({"id":null})",
                             R"({"url":"x"})",
                             R"({"file":"x"})",
                             R"({"expiry":1796001000})",
                             R"({"metadata[a]":"1"})"}) {
        const auto refused = direct(body);
        ASSERT_FALSE(refused) << body;
        EXPECT_EQ(refused.error().outcome, Outcome::badField) << body;
    }
}

TEST(CloudflareDirectUpload, TheExpiryIsBounded) {
    const struct {
        const char* expiry;
        std::int64_t expires;  // 0: refused
    } rows[] = {
        {"2026-11-30T00:55:10Z", now + 110},
        {"2026-11-30T00:55:09Z", 0},
        {"2026-11-30T06:53:30Z", now + 21610},
        {"2026-11-30T06:53:31Z", 0},
        {"2026-11-30T02:53:20.953+01:00", now + 3600},
        {"2026-11-29T23:53:20Z", 0},
        {"2026-11-30", 0},
        {"", 0},
        {"soon", 0},
    };
    for (const auto& row : rows) {
        const auto upload = direct(Object{{"expiry", row.expiry}}.dump());
        EXPECT_EQ(upload ? upload->expires : 0, row.expires) << row.expiry;
    }
}

// ---- changes ----

TEST(CloudflareEdits, ChangeWhatTheyName) {
    EXPECT_EQ(*parseCloudflareEdit(""), CloudflareEdit{});
    EXPECT_EQ(*parseCloudflareEdit("{}"), CloudflareEdit{});
    EXPECT_EQ(parseCloudflareEdit(R"({"requireSignedURLs":true})")->isPrivate, true);
    EXPECT_EQ(parseCloudflareEdit(R"({"requireSignedURLs":"false"})")->isPrivate, false);
    const auto edit = parseCloudflareEdit(R"({"metadata":{"a":{"b":1}},"creator":"c2"})");
    EXPECT_EQ(*edit, (CloudflareEdit{{}, R"({"a":{"b":1}})", "c2"}));
    for (const char* body : {R"({"id":"a"})", R"({"expiry":"2026-11-30T01:00:00Z"})",
                             R"({"filename":"a"})", R"({"requireSignedURLs":null})", "{\"x\":1}"}) {
        EXPECT_EQ(parseCloudflareEdit(body).error().outcome, Outcome::badField) << body;
    }
}

TEST(CloudflareEdits, AChangedMarkHasANewId) {
    const struct {
        std::string id;
        bool wasPrivate;
        std::optional<bool> isPrivate;
        bool allowsPrivateIds;
        const char* result;  // "same", "new", "refused"
    } rows[] = {
        {uuid, false, {}, false, "same"},          {uuid, false, false, false, "same"},
        {uuid, true, true, false, "same"},         {uuid, false, true, false, "new"},
        {uuid, true, false, false, "new"},         {"shop/a", false, {}, false, "same"},
        {"shop/a", false, false, false, "same"},   {"shop/a", false, true, false, "refused"},
        {"shop/a", true, false, false, "refused"}, {"shop/a", false, true, true, "same"},
        {"shop/a", true, false, true, "same"},     {uuid, false, true, true, "same"},
    };
    for (const auto& row : rows) {
        const auto id =
            idAfterEdit(row.id, row.wasPrivate, {row.isPrivate, {}, {}}, row.allowsPrivateIds);
        const std::string result = !id             ? "refused"
                                   : *id == row.id ? "same"
                                   : isUuid(*id)   ? "new"
                                                   : *id;
        EXPECT_EQ(result, row.result) << row.id << row.wasPrivate;
        if (!id) {
            EXPECT_EQ(cloudflareCodeOf(id.error()), badIdCode);
        }
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
