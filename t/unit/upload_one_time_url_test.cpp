#include <gtest/gtest.h>

#include <array>
#include <set>

#include "base/encoding.hpp"
#include "upload/cloudflare_api/one_time_url.hpp"

namespace private_image::upload {
namespace {

constexpr std::int64_t now = 1'796'000'000;
const OneTimeScope scope{"/client/v4/", "https://img.example/Vi7w/"};

std::vector<UploadKey> someKeys() {
    std::vector<UploadKey> keys;
    keys.push_back({{Secret("token_0123456789"), "a.token"}, {}, "acct"});
    keys.push_back({{Secret("token_9876543210"), "b.token"}, {}, "acct"});
    return keys;
}

const std::vector<UploadKey> keys = someKeys();

DirectUpload someUpload() {
    DirectUpload upload;
    upload.request.name =
        "shop/gr\xc3\xb6\xc3\x9f"
        "e 1?&/100%.png";
    upload.request.isPrivate = true;
    upload.request.creator = "c";
    upload.request.metadata = R"({"k":["v",2]})";
    upload.expires = now + 600;
    return upload;
}

Outcome outcomeOf(const std::string& target, std::int64_t at = now,
                  const OneTimeScope& in = scope) {
    const auto result = verifyOneTimeTarget(target, in, keys, at);
    return result ? Outcome::stored : result.error().outcome;
}

TEST(OneTimeUrl, CarriesWhatItWasIssuedFor) {
    std::set<std::array<unsigned char, 16>> digests;
    for (const UploadKey& key : keys) {
        const std::string target = makeOneTimeTarget(someUpload(), scope, key);
        const auto result = verifyOneTimeTarget(target, scope, keys, now);
        ASSERT_TRUE(result) << target;
        EXPECT_EQ(result->key, &key);
        EXPECT_TRUE(digests.insert(result->digest).second) << "each URL has a digest of its own";
        EXPECT_EQ(verifyOneTimeTarget(target, scope, keys, now)->digest, result->digest);
        EXPECT_EQ(result->upload.expires, now + 600);
        const UploadRequest& request = result->upload.request;
        EXPECT_EQ(request.name, someUpload().request.name);
        EXPECT_TRUE(request.isPrivate);
        EXPECT_EQ(request.creator, "c");
        EXPECT_EQ(request.metadata, R"({"k":["v",2]})");
        EXPECT_FALSE(request.wantsUniqueName);
        EXPECT_FALSE(request.mayOverwrite);
    }
    DirectUpload plain = someUpload();
    plain.request.isPrivate = false;
    plain.request.creator.reset();
    plain.request.metadata = "{}";
    const auto result =
        verifyOneTimeTarget(makeOneTimeTarget(plain, scope, keys[0]), scope, keys, now);
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->upload.request.isPrivate);
    EXPECT_FALSE(result->upload.request.creator);
    EXPECT_EQ(result->upload.request.metadata, "{}");
}

TEST(OneTimeUrl, IsAnotherOneEachTime) {
    const std::string first = makeOneTimeTarget(someUpload(), scope, keys[0]);
    const std::string second = makeOneTimeTarget(someUpload(), scope, keys[0]);
    EXPECT_NE(first, second);
    EXPECT_NE(digestOfUrl(first), digestOfUrl(second));
    EXPECT_EQ(digestOfUrl("https://host" + first), digestOfUrl(first));
    EXPECT_EQ(digestOfUrl(first), verifyOneTimeTarget(first, scope, keys, now)->digest);
}

TEST(OneTimeUrl, HasTheIdAsOneSegment) {
    const std::string target = makeOneTimeTarget(someUpload(), scope, keys[0]);
    EXPECT_EQ(target.find("/client/v4/upload/Vi7w/shop%2Fgr%C3%B6%C3%9Fe%201%3F%26%2F100%25.png"
                          "?exp=1796000600&v="),
              0u)
        << target;
    const std::size_t signature = target.find("&sig=");
    ASSERT_NE(signature, target.npos);
    EXPECT_EQ(target.size() - signature, 5u + 64u);
}

TEST(OneTimeUrl, ExpiresAtItsTime) {
    const std::string target = makeOneTimeTarget(someUpload(), scope, keys[0]);
    EXPECT_EQ(outcomeOf(target, now + 599), Outcome::stored);
    EXPECT_EQ(outcomeOf(target, now + 600), Outcome::expired);
    EXPECT_EQ(outcomeOf(target, now + 999'999), Outcome::expired);
}

TEST(OneTimeUrl, EveryChangedByteIsForged) {
    const std::string target = makeOneTimeTarget(someUpload(), scope, keys[0]);
    for (std::size_t i = 0; i < target.size(); ++i) {
        for (const char c : {'0', 'a', 'A', '/', '%', '&', '='}) {
            std::string other = target;
            other[i] = c;
            EXPECT_EQ(outcomeOf(other), other == target ? Outcome::stored : Outcome::badToken)
                << other;
        }
        EXPECT_EQ(outcomeOf(target.substr(0, i)), Outcome::badToken);
        EXPECT_EQ(outcomeOf(target.substr(0, i) + target.substr(i + 1)), Outcome::badToken);
    }
    for (const std::string& other :
         {target + "0", target + "&x=1", target + "&sig=" + target.substr(target.size() - 64),
          std::string(), std::string("/client/v4/upload/Vi7w/a"),
          std::string("/client/v4/upload/Vi7w/a?exp=1796000600&v=&sig=")}) {
        EXPECT_EQ(outcomeOf(other), Outcome::badToken) << other;
    }
}

TEST(OneTimeUrl, IsValidInItsScopeOnly) {
    const std::string target = makeOneTimeTarget(someUpload(), scope, keys[0]);
    for (const OneTimeScope& other : {OneTimeScope{"/client/v4/", "https://other.example/Vi7w/"},
                                      OneTimeScope{"/client/v4/", "http://img.example/Vi7w/"},
                                      OneTimeScope{"/client/v4/", "https://img.example/other/"},
                                      OneTimeScope{"/", "https://img.example/Vi7w/"}}) {
        EXPECT_EQ(outcomeOf(target, now, other), Outcome::badToken) << other.gateUrl;
    }
    std::vector<UploadKey> otherAccount;
    otherAccount.push_back({{Secret("token_0123456789"), "a.token"}, {}, "other"});
    EXPECT_FALSE(verifyOneTimeTarget(target, scope, otherAccount, now));
    std::vector<UploadKey> otherToken;
    otherToken.push_back({{Secret("token_012345678_"), "a.token"}, {}, "acct"});
    EXPECT_FALSE(verifyOneTimeTarget(target, scope, otherToken, now));
    EXPECT_FALSE(verifyOneTimeTarget(target, scope, {}, now));
}

TEST(OneTimeUrl, TheHashIsTheLastSegmentOfTheGate) {
    EXPECT_EQ(hashOf("https://img.example/Vi7w/"), "Vi7w");
    EXPECT_EQ(hashOf("https://img.example/a/b/"), "b");
    const OneTimeScope odd{"/", "https://img.example/a b%/"};
    const std::string target = makeOneTimeTarget(someUpload(), odd, keys[0]);
    EXPECT_EQ(target.find("/upload/a%20b%25/"), 0u) << target;
    EXPECT_EQ(outcomeOf(target, now, odd), Outcome::stored);
}

TEST(OneTimeUrl, AUsedOneHasTheServicesError) {
    EXPECT_EQ(usedUrlError().outcome, Outcome::usedToken);
    EXPECT_EQ(cloudflareCodeOf(usedUrlError()), 5409u);
    EXPECT_EQ(statusOf(usedUrlError(), Dialect::cloudflare), 409u);
}

}  // namespace
}  // namespace private_image::upload
