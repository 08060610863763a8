#include <gtest/gtest.h>

#include <set>

#include "upload/image_name.hpp"
#include "upload/imagekit_api/client_rules.hpp"
#include "upload/imagekit_api/fields.hpp"

namespace private_image::upload {
namespace {

using Fields = std::vector<Field>;

Fields with(std::string name, std::string value) {
    return {{"fileName", "a.png"}, {std::move(name), std::move(value)}};
}

TEST(UploadFields, DefaultsAreTheServices) {
    const auto request = parseImagekitFields({{"fileName", "a b.png"}});
    ASSERT_TRUE(request);
    EXPECT_EQ(request->name, "a_b.png");
    EXPECT_EQ(request->folder, "/");
    EXPECT_TRUE(request->wantsUniqueName);
    EXPECT_FALSE(request->isPrivate);
    EXPECT_TRUE(request->mayOverwrite);
    EXPECT_TRUE(request->overwritesTags);
    EXPECT_FALSE(request->tags);
}

TEST(UploadFields, BooleansAreTrueOrFalseExactly) {
    for (const char* name : {"isPrivateFile", "useUniqueFileName", "overwriteFile", "overwriteTags",
                             "overwriteAITags", "overwriteCustomMetadata", "isPublished"}) {
        EXPECT_TRUE(parseImagekitFields(with(name, "true"))) << name;
        for (const char* value : {"", "True", "TRUE", "1", "0", "yes", "no", " true", "true ",
                                  "truee", "null", "\"true\""}) {
            const auto request = parseImagekitFields(with(name, value));
            ASSERT_FALSE(request) << name << "=" << value;
            EXPECT_EQ(request.error().outcome, Outcome::badField);
            EXPECT_NE(request.error().message.find(name), std::string::npos);
        }
    }
    EXPECT_TRUE(parseImagekitFields(with("isPrivateFile", "true"))->isPrivate);
    EXPECT_FALSE(parseImagekitFields(with("isPrivateFile", "false"))->isPrivate);
    EXPECT_FALSE(parseImagekitFields(with("useUniqueFileName", "false"))->wantsUniqueName);
    EXPECT_FALSE(parseImagekitFields(with("overwriteFile", "false"))->mayOverwrite);
}

TEST(UploadFields, WhatIsNotServedIsRefusedByName) {
    const Fields refused = {{"isPublished", "false"}, {"checks", "\"file.size\" < \"1mb\""},
                            {"customMetadata", "{}"}, {"extensions", "[]"},
                            {"webhookUrl", "x"},      {"transformation", "{\"pre\":\"w-20\"}"}};
    for (const Field& field : refused) {
        const auto request = parseImagekitFields(with(field.name, field.value));
        ASSERT_FALSE(request) << field.name;
        EXPECT_EQ(request.error().outcome, Outcome::notServed) << field.name;
        EXPECT_NE(request.error().message.find(field.name), std::string::npos);
    }
    EXPECT_TRUE(parseImagekitFields(with("transformation", "{\"post\":[{\"value\":\"w-10\"}]}")));
}

TEST(UploadFields, TransformationsAreReadAsJson) {
    const struct {
        const char* value;
        Outcome outcome;
    } rows[] = {
        {"{}", Outcome::stored},
        {R"({"post":[]})", Outcome::stored},
        {R"({"post":[{"type":"transformation","value":"\"pre\""}]})", Outcome::stored},
        {R"({"\u0070re":"w-20"})", Outcome::notServed},
        {R"({"post":[],"pre":""})", Outcome::notServed},
        {R"({"post":[],"post":[]})", Outcome::badField},
        {R"({"Pre":"w-20"})", Outcome::badField},
        {R"(["pre"])", Outcome::badField},
        {"", Outcome::badField},
        {"w-20", Outcome::badField},
    };
    for (const auto& row : rows) {
        const auto request = parseImagekitFields(with("transformation", row.value));
        EXPECT_EQ(request ? Outcome::stored : request.error().outcome, row.outcome) << row.value;
    }
}

TEST(UploadFields, FieldsOfCredentialsAreSkippedWhereTheVersionHasThem) {
    for (const char* name : {"publicKey", "expire", "signature"}) {
        EXPECT_TRUE(parseImagekitFields(with(name, "x"), UploadVersion::v1)) << name;
        const auto request = parseImagekitFields(with(name, "x"), UploadVersion::v2);
        ASSERT_FALSE(request) << name;
        EXPECT_EQ(request.error().outcome, Outcome::badField) << name;
    }
    for (const UploadVersion version : {UploadVersion::v1, UploadVersion::v2}) {
        EXPECT_TRUE(parseImagekitFields(with("token", "x"), version));
        EXPECT_TRUE(parseImagekitFields(with("isPrivateFile", "true"), version)->isPrivate);
    }
}

TEST(UploadFields, TextIsUtf8) {
    for (const char* name : {"tags", "description", "fileName", "folder"}) {
        const auto request = parseImagekitFields({{"fileName", "a"}, {name, "\xff"}});
        EXPECT_FALSE(request) << name;
    }
    EXPECT_EQ(parseImagekitFields(with("description", "a \"b\""))->description, "a \"b\"");
}

// ---- rules for uploads from browsers ----

std::optional<UploadError> ruled(const ClientRules& rules, const Fields& fields,
                                 UploadRequest& request) {
    auto parsed = parseImagekitFields(fields);
    request = *parsed;
    return applyClientRules(rules, request);
}

TEST(UploadClientRules, TheMarkIsForced) {
    UploadRequest request;
    for (const char* value : {"true", "false"}) {
        EXPECT_FALSE(ruled({.forcesPrivate = true}, with("isPrivateFile", value), request));
        EXPECT_TRUE(request.isPrivate);
        EXPECT_FALSE(ruled({}, with("isPrivateFile", value), request));
        EXPECT_EQ(request.isPrivate, std::string_view(value) == "true");
    }
    EXPECT_FALSE(ruled({.forcesPrivate = true}, with("tags", "a"), request));
    EXPECT_TRUE(request.isPrivate);
}

TEST(UploadClientRules, NoFileIsReplaced) {
    UploadRequest request;
    EXPECT_FALSE(ruled({.forbidsOverwrite = true}, with("overwriteFile", "true"), request));
    EXPECT_FALSE(request.mayOverwrite);
    EXPECT_FALSE(ruled({}, with("overwriteFile", "true"), request));
    EXPECT_TRUE(request.mayOverwrite);
    EXPECT_FALSE(ruled({}, with("overwriteFile", "false"), request));
    EXPECT_FALSE(request.mayOverwrite);
}

TEST(UploadClientRules, UploadsStayInTheFolder) {
    const struct {
        const char* rule;
        std::optional<std::string> field;
        std::optional<std::string> folder;  // empty: refused
    } rows[] = {
        {"/users/7", {}, "/users/7/"},
        {"/users/7/", "/users/7", "/users/7/"},
        {"users/7", "users/7/new/", "/users/7/new/"},
        {"/users/7", "//users//7//a", "/users/7/a/"},
        {"/users/7", "/users/70", {}},
        {"/users/7", "/users", {}},
        {"/users/7", "/", {}},
        {"/users/7", "", {}},
        {"/users/7", "/Users/7", {}},
        {"/", {}, "/"},
        {"/", "/a", "/a/"},
        {"", {}, {}},
        {"", "/a", {}},
        {"/users/a@b", {}, {}},
        {"/users/a@b", "/users/a_b", {}},
        {"/users/", {}, "/users/"},
        {"/users//", {}, {}},
        {"/users/../a", {}, {}},
        {"/.a", {}, {}},
    };
    for (const auto& row : rows) {
        UploadRequest request;
        const Fields fields =
            row.field ? with("folder", *row.field) : Fields{{"fileName", "a.png"}};
        const auto error = ruled({.folder = row.rule}, fields, request);
        EXPECT_EQ(error.has_value(), !row.folder) << row.rule << " " << row.field.value_or("-");
        if (error) {
            EXPECT_EQ(error->outcome, Outcome::badField);
        } else {
            EXPECT_EQ(request.folder, row.folder);
        }
    }
}

TEST(UploadFields, UnknownRepeatedAndMissingFieldsAreRefused) {
    for (const Fields& fields :
         {with("isprivatefile", "true"), with("IsPrivateFile", "true"),
          with("isPrivateFile ", "true"), with("", ""), with("x", "1"),
          Fields{{"fileName", "a"}, {"folder", "a"}, {"folder", "a"}},
          Fields{{"fileName", "a"}, {"isPrivateFile", "false"}, {"isPrivateFile", "true"}},
          with("fileName", "a.png"), Fields{}, Fields{{"folder", "a"}}}) {
        const auto request = parseImagekitFields(fields);
        ASSERT_FALSE(request);
        EXPECT_EQ(request.error().outcome, Outcome::badField);
    }
    EXPECT_EQ(parseImagekitFields({}).error().message,
              "Your request is missing fileName parameter.");
    EXPECT_LT(parseImagekitFields(with(std::string(9000, 'x'), "")).error().message.size(), 200u);
}

TEST(UploadFields, TagsAndCoordinatesAreKept) {
    const auto tags = parseImagekitFields(with("tags", "t1, t2,,t3"))->tags;
    EXPECT_EQ(tags, (std::vector<std::string>{"t1", "t2", "t3"}));
    EXPECT_EQ(parseImagekitFields(with("tags", ""))->tags, std::vector<std::string>{});
    EXPECT_TRUE(parseImagekitFields(with("tags", std::string(500, 'x'))));
    EXPECT_FALSE(parseImagekitFields(with("tags", std::string(501, 'x'))));
    EXPECT_FALSE(parseImagekitFields(with("tags", "100%")));
    EXPECT_EQ(parseImagekitFields(with("customCoordinates", "10,10,20,20"))->customCoordinates,
              "10,10,20,20");
    for (const char* value : {"", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,2,3,4", "1,2,3,4.5"}) {
        EXPECT_FALSE(parseImagekitFields(with("customCoordinates", value))) << value;
    }
}

TEST(UploadFields, ResponseFieldsChooseMembers) {
    const auto request =
        parseImagekitFields(with("responseFields", "isPrivateFile, tags,embeddedMetadata,x"));
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->showsPrivate);
    EXPECT_TRUE(request->showsTags);
    EXPECT_FALSE(request->showsPublished);
    EXPECT_FALSE(request->showsCoordinates);
}

TEST(UploadFields, NamesAreCleaned) {
    const struct {
        const char* name;
        std::optional<std::string> cleaned;
    } rows[] = {
        {"a.png", "a.png"},
        {"a b(1).png", "a_b_1_.png"},
        {"../a.png", std::nullopt},
        {"a/../b.png", "a_.._b.png"},
        {"a\\b%2F?#.png", "a_b_2F__.png"},
        {".htaccess", std::nullopt},
        {"", std::nullopt},
        {"\xc3\xbc\xc3\x9f.png", "\xc3\xbc\xc3\x9f.png"},
        {"u\xcc\x88.png", "\xc3\xbc.png"},
        {"\xe5\x9b\xbe.png", "\xe5\x9b\xbe.png"},
        {"\xf0\x9f\x98\x80.png", "_.png"},
        {"a\xff.png", std::nullopt},
        {"a\r\nb", "a__b"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(cleanFileName(row.name), row.cleaned) << row.name;
    }
    EXPECT_EQ(cleanFileName(std::string("a\0b", 3)), std::nullopt);
    EXPECT_TRUE(cleanFileName(std::string(255, 'a')));
    EXPECT_FALSE(cleanFileName(std::string(256, 'a')));
    EXPECT_FALSE(parseImagekitFields({{"fileName", std::string(246, 'a')}}));
    EXPECT_TRUE(parseImagekitFields({{"fileName", std::string(245, 'a')}}));
}

TEST(UploadFields, FoldersAreCleaned) {
    const struct {
        const char* folder;
        std::optional<std::string> cleaned;
    } rows[] = {
        {"", "/"},
        {"/", "/"},
        {"shop", "/shop/"},
        {"/shop/new/", "/shop/new/"},
        {"//shop///new//", "/shop/new/"},
        {"a b/c.d/tr:w-1", "/a_b/c_d/tr_w-1/"},
        {"a/../b", std::nullopt},
        {"./a", std::nullopt},
        {"a/.b", std::nullopt},
        {"a\xff", std::nullopt},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(cleanFolder(row.folder), row.cleaned) << row.folder;
    }
    std::string deep;
    for (std::size_t i = 0; i < maxFolderLevels; ++i) {
        deep += "/a";
    }
    EXPECT_TRUE(cleanFolder(deep));
    EXPECT_FALSE(cleanFolder(deep + "/a"));
    EXPECT_FALSE(cleanFolder(std::string(256, 'a')));
}

TEST(UploadFields, AUniquePartPrecedesTheExtension) {
    EXPECT_EQ(withUniquePart("a.png", "123456789"), "a_123456789.png");
    EXPECT_EQ(withUniquePart("a.b.png", "1"), "a.b_1.png");
    EXPECT_EQ(withUniquePart("a", "1"), "a_1");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string unique = makeUniquePart();
        EXPECT_EQ(unique.size(), uniqueLength);
        EXPECT_TRUE(seen.insert(unique).second);
    }
}

TEST(UploadOutcome, EveryOutcomeHasOneWordAndARefusalsStatus) {
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(Outcome::markUnseen); ++i) {
        const auto outcome = static_cast<Outcome>(i);
        EXPECT_TRUE(words.insert(outcomeWord(outcome)).second) << outcomeWord(outcome);
        for (const Dialect dialect : {Dialect::cloudflare, Dialect::imagekit}) {
            const unsigned status = statusOf(outcome, dialect);
            EXPECT_EQ(status == 200, outcome == Outcome::stored || outcome == Outcome::done);
            EXPECT_TRUE(status == 200 || status >= 400) << outcomeWord(outcome);
        }
    }
}

}  // namespace
}  // namespace private_image::upload
