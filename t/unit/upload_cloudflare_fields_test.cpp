#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "upload/cloudflare_api/field_object.hpp"
#include "upload/cloudflare_api/fields.hpp"
#include "upload/cloudflare_api/image_id.hpp"

namespace private_image::upload {
namespace {

using Object = nlohmann::json;
using Fields = std::vector<Field>;

constexpr std::int64_t now = 1'796'000'000;  // 2026-11-30T00:53:20Z
const std::string uuid = "2cdc28f0-017a-49c4-9ed7-87056c839010";

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
    return parseDirectUpload(objectOfBody(body), now, false);
}

TEST(CloudflareDirectUpload, EveryFormOfTheBodyIsRead) {
    const auto empty = direct("");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(isUuid(empty->request.name));
    EXPECT_FALSE(empty->request.isPrivate);
    EXPECT_EQ(empty->expires, now + 1800);
    EXPECT_TRUE(parseDirectUpload(objectOfForm({}), now, false));

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
        objectOfForm({{"requireSignedURLs", "true"}, {"metadata[user]", "u1"}, {"creator", "c"}}),
        now, false);
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
    EXPECT_EQ(*parseCloudflareEdit(objectOfBody("")), CloudflareEdit{});
    EXPECT_EQ(*parseCloudflareEdit(objectOfBody("{}")), CloudflareEdit{});
    EXPECT_EQ(parseCloudflareEdit(objectOfBody(R"({"requireSignedURLs":true})"))->isPrivate, true);
    EXPECT_EQ(parseCloudflareEdit(objectOfBody(R"({"requireSignedURLs":"false"})"))->isPrivate,
              false);
    const auto edit =
        parseCloudflareEdit(objectOfBody(R"({"metadata":{"a":{"b":1}},"creator":"c2"})"));
    EXPECT_EQ(*edit, (CloudflareEdit{{}, R"({"a":{"b":1}})", "c2"}));
    for (const char* body : {R"({"id":"a"})", R"({"expiry":"2026-11-30T01:00:00Z"})",
                             R"({"filename":"a"})", R"({"requireSignedURLs":null})", "{\"x\":1}"}) {
        EXPECT_EQ(parseCloudflareEdit(objectOfBody(body)).error().outcome, Outcome::badField)
            << body;
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

}  // namespace
}  // namespace private_image::upload
