// Signed URLs: byte for byte what real clients make, verified by the same dialect, and nothing
// signed that should not be.
#include "dialect/url_signer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "access/signature.hpp"
#include "dialect/cloudflare/cloudflare.hpp"
#include "dialect/imagekit/imagekit.hpp"
#include "dialect/unsigned_url.hpp"

namespace private_image {
namespace {

constexpr std::string_view keyText = "0123456789abcdef0123456789abcdef";
constexpr std::int64_t soon = 1767225600;

KeyRing ringOf(Dialect dialect, std::string_view key = keyText) {
    KeyRing ring(digestOf(dialect));
    EXPECT_TRUE(ring.add(*keyFromFile(std::string(key), "test.key")));
    return ring;
}

Result<std::string, std::string> sign(Dialect dialect, std::string_view url,
                                      std::string_view prefix = "/img/",
                                      std::int64_t expires = soon) {
    return signUrl(dialect, url, prefix, ringOf(dialect), 0, expires);
}

std::string targetOf(const std::string& url) {
    const std::size_t scheme = url.find("://");
    return scheme == url.npos || url.starts_with('/') ? url : url.substr(url.find('/', scheme + 3));
}

SignatureVerdict judge(Dialect dialect, const std::string& target, std::string_view prefix) {
    const SignatureClaim claim = readSignature(dialect, target, prefix);
    return verify(claim, ringOf(dialect), soon - 60, 0);
}

std::string unsignedPart(const std::string& url) {
    return url.substr(0,
                      std::min(url.find("exp="), std::min(url.find("ik-t="), url.find("ik-s="))));
}

// ---- what real clients make ----

nlohmann::json vectors() {
    std::ifstream file(SIGNING_VECTORS);
    return nlohmann::json::parse(file);
}

// Unlike the Worker, we neither resolve dot segments nor sign anew.
bool isRefusedHere(const nlohmann::json& vector) {
    return vector["group"] == "dot-segments" || vector["group"] == "query-existing-exp";
}

std::int64_t expiryIn(const std::string& url, const std::string& name) {
    const std::size_t at = url.find(name + '=');
    return at == url.npos ? 0 : std::stoll(url.substr(at + name.size() + 1));
}

std::size_t expectClientBytes(Dialect dialect, const char* name, const std::string& expiry) {
    std::size_t compared = 0;
    const nlohmann::json all = vectors();
    for (const nlohmann::json& vector : all[name]) {
        const bool isMade =
            vector["client"].get<std::string>().find("derived") == std::string::npos &&
            vector["client"] != "hand-signed" && vector["expected"] == "valid";
        if (!isMade) {
            continue;
        }
        const std::string url = vector["url"];
        std::string prefix = "/";
        if (vector.contains("endpoint")) {
            const std::string endpoint = vector["endpoint"];
            const std::size_t path = endpoint.find('/', endpoint.find("://") + 3);
            prefix = path == endpoint.npos ? "/" : endpoint.substr(path);
            prefix += prefix.ends_with('/') ? "" : "/";
        }
        const KeyRing ring = ringOf(dialect, vector["key"].get<std::string>());
        const auto made = signUrl(dialect, vector["url_before"].get<std::string>(), prefix, ring, 0,
                                  expiryIn(url, expiry));
        EXPECT_EQ(bool(made), !isRefusedHere(vector)) << vector["id"];
        if (made) {
            EXPECT_EQ(*made, url) << vector["id"];
            compared++;
        }
    }
    return compared;
}

TEST(UrlSigner, SignsAsTheWorkerDoes) {
    EXPECT_EQ(expectClientBytes(Dialect::cloudflare, "cloudflare", "exp"), 28u);
}

TEST(UrlSigner, SignsAsImagekitsClientsDo) {
    EXPECT_EQ(expectClientBytes(Dialect::imagekit, "imagekit", "ik-t"), 45u);
}

// ---- what comes out verifies ----

std::string randomUrl(std::mt19937& random) {
    static const std::vector<std::string> pieces{"a",
                                                 "Z9",
                                                 "/",
                                                 "//",
                                                 "%20",
                                                 "%2F",
                                                 "%e9",
                                                 "%",
                                                 "+",
                                                 " ",
                                                 "&",
                                                 "=",
                                                 "&&",
                                                 "?",
                                                 "~",
                                                 "(",
                                                 ")",
                                                 "*",
                                                 "'",
                                                 "!",
                                                 ",",
                                                 ";",
                                                 ":",
                                                 "@",
                                                 "$",
                                                 "|",
                                                 "[",
                                                 "]",
                                                 "^",
                                                 "`",
                                                 "{",
                                                 "}",
                                                 "\"",
                                                 "<",
                                                 ">",
                                                 "é",
                                                 "東",
                                                 "tr:w-100",
                                                 ".",
                                                 "..",
                                                 "-_",
                                                 "%zz",
                                                 "ik-attachment=true",
                                                 "1234567890",
                                                 "%C3%A9"};
    const std::vector<std::string> origins{"", "https://images.example.com", "http://[::1]:8080"};
    std::string url = origins[random() % origins.size()] + "/img/";
    for (auto left = random() % 12 + 1; left > 0; left--) {
        url += pieces[random() % pieces.size()];
    }
    return url;
}

TEST(UrlSigner, WhatIsSignedVerifies) {
    std::mt19937 random(20261122);
    int signedCount = 0;
    for (int round = 0; round < 20'000; round++) {
        const Dialect dialect = round % 2 ? Dialect::cloudflare : Dialect::imagekit;
        const std::int64_t expires = round % 3 ? soon : 0;
        const std::string url = randomUrl(random);
        const auto made = sign(dialect, url, "/img/", expires);
        if (!made) {
            EXPECT_FALSE(made.error().empty());
            continue;
        }
        signedCount++;
        const SignatureVerdict verdict = judge(dialect, targetOf(*made), "/img/");
        EXPECT_EQ(verdict.signature, Signature::valid) << url << " became " << *made;
        EXPECT_EQ(verdict.expires, expires) << *made;
        EXPECT_TRUE(std::ranges::all_of(*made, [](char c) { return c > ' ' && c < 0x7f; }));
        EXPECT_FALSE(sign(dialect, *made)) << "signed twice: " << *made;
    }
    EXPECT_GT(signedCount, 8'000);
}

// ---- how a URL is spelled ----

TEST(UrlSigner, EncodesWhatClientsEncode) {
    for (const auto& [url, spelled] : std::vector<std::pair<std::string, std::string>>{
             {"/img/a b/é.jpg", "/img/a%20b/%C3%A9.jpg?"},
             {"/img/{a}^`\"<>|[]'.jpg", "/img/%7Ba%7D%5E%60%22%3C%3E|[]'.jpg?"},
             {"/img/%e9%2f+.jpg", "/img/%e9%2f+.jpg?"},
             {"/img/a.jpg?", "/img/a.jpg?"},
             {"HTTPS://Images.Example.COM:443/img/A.jpg", "https://images.example.com/img/A.jpg?"},
             {"http://h:0080/img/a", "http://h/img/a?"},
             {"https://h:80/img/a", "https://h:80/img/a?"},
             {"http://[::1]:8080/img/a", "http://[::1]:8080/img/a?"},
             {"http://h/img//a", "http://h/img//a?"}}) {
        for (const Dialect dialect : allDialects) {
            const auto made = sign(dialect, url);
            ASSERT_TRUE(made) << url << ": " << made.error();
            EXPECT_EQ(unsignedPart(*made), spelled);
        }
    }
}

TEST(UrlSigner, CloudflareWritesTheQueryAsAForm) {
    EXPECT_EQ(unsignedPart(*sign(Dialect::cloudflare, "/img/a?x=b%20c&flag&&=&~=%zz+'")),
              "/img/a?x=b+c&flag=&=&%7E=%25zz+%27&");
    EXPECT_EQ(unsignedPart(*sign(Dialect::cloudflare, "/img/a?&&")), "/img/a?");
}

TEST(UrlSigner, ImagekitKeepsTheQuery) {
    EXPECT_EQ(unsignedPart(*sign(Dialect::imagekit, "/img/a?x=b%20c&flag&&tr=w-90,h-\"é'")),
              "/img/a?x=b%20c&flag&&tr=w-90,h-%22%C3%A9%27&");
}

// ---- what is refused ----

void expectRefused(const std::string& url, std::string_view why) {
    for (const Dialect dialect : allDialects) {
        const auto made = sign(dialect, url);
        ASSERT_FALSE(made) << url << " became " << *made;
        EXPECT_NE(made.error().find(why), std::string::npos) << url << ": " << made.error();
    }
}

TEST(UrlSigner, RefusesWhatIsNotBelowThePrefix) {
    for (const char* url :
         {"/", "/im", "/img", "/image/a", "/IMG/a", "/x/img/a", "https://h", "https://h/",
          "https://h/x/img/a", "https://h?/img/a", "/%69mg/a", "/x//img/a"}) {
        expectRefused(url, "does not begin with \"/img/\"");
    }
}

TEST(UrlSigner, RefusesWhatIsNoUrl) {
    expectRefused("", "is empty");
    for (const char* url : {"img/a", "ftp://h/img/a", "https:/img/a", "https:img/a", "://h/img/a",
                            "javascript:alert(1)", "?url=/img/a", "httpss://h/img/a"}) {
        expectRefused(url, "begins neither with");
    }
    expectRefused("//host/img/a", "begins with \"//\"");
    for (const char* url : {"https:///img/a", "https://user@h/img/a", "https://h:x/img/a",
                            "https://h:/img/a", "https://h:65536/img/a", "https://h:000080/img/a",
                            "https://é/img/a", "https://[::1/img/a", "https://[]/img/a",
                            "https://[g]/img/a", "https://h%41/img/a", "https://h:80:80/img/a"}) {
        expectRefused(url, "host");
    }
    expectRefused("https://h\\img/a", "does not begin");
    expectRefused("/img/a\n", "control byte");
    expectRefused("/img/a?b=\t", "control byte");
    expectRefused(std::string("/img/a\0b", 8), "control byte");
    expectRefused(" /img/a", "blank");
    expectRefused("/img/a ", "blank");
    expectRefused("/img/\xe9", "not UTF-8");
    expectRefused("/img/a?x=\xc3", "not UTF-8");
    expectRefused("/img/a#top", "fragment");
    expectRefused("/img/a?x=#", "fragment");
}

TEST(UrlSigner, RefusesWhatNoGateWouldServe) {
    for (const char* url : {"/img/../secret/a", "/img/x/..", "/img/%2e%2E/a", "/img/./a",
                            "/img/..;x/a", "/img/%252e%252e/a"}) {
        expectRefused(url, "dot segment");
    }
    expectRefused("/img/a\\b", "backslash");
    expectRefused("/img/a%5cb", "backslash");
    expectRefused("/img/a%00b", "control byte");
    expectRefused("/img/a%0a", "control byte");
    expectRefused("/img/100%/a", "begins no escape");
    expectRefused("/img/a%zz%2f", "begins no escape");
    expectRefused("/img/a%2", "begins no escape");
    expectRefused("/img/", "path is empty");
    expectRefused("/img/?a", "path is empty");
    expectRefused("/img/a/", "ends in a slash");
    expectRefused("/img/a%2F", "ends in a slash");
}

TEST(UrlSigner, RefusesWhatIsSignedInAnySpelling) {
    for (const char* query : {"exp=1", "sig=1", "v=1&sig", "EXP=1", "%65xp=1", "s%69g", "Sig=&a"}) {
        const std::string url = std::string("/img/a?") + query;
        EXPECT_FALSE(sign(Dialect::cloudflare, url)) << url;
        EXPECT_TRUE(sign(Dialect::imagekit, url)) << url;
    }
    for (const char* query : {"ik-t=1", "ik-s=1", "v=1&ik-s", "IK-T=1", "ik%2Ds=1", "%69k-t"}) {
        const std::string url = std::string("/img/a?") + query;
        EXPECT_FALSE(sign(Dialect::imagekit, url)) << url;
        EXPECT_TRUE(sign(Dialect::cloudflare, url)) << url;
    }
    EXPECT_EQ(sign(Dialect::imagekit, "/img/a?IK-T=1").error(),
              "the URL is signed already: it has \"ik-t\"");
    EXPECT_TRUE(sign(Dialect::cloudflare, "/img/a?expires=1&signature=2"));
}

TEST(UrlSigner, RefusesWhatIsTooLong) {
    const std::string fits = "/img/" + std::string(maxUrlLength - 200, 'a');
    EXPECT_TRUE(sign(Dialect::cloudflare, fits));
    EXPECT_TRUE(sign(Dialect::imagekit, fits));
    expectRefused("/img/" + std::string(maxUrlLength - 5, 'a'), "signed URL is longer");
    expectRefused("/img/" + std::string(maxUrlLength - 4, 'a'), "URL is longer");
    std::string grows = "/img/";
    while (grows.size() < maxUrlLength / 2) {
        grows += "é";
    }
    expectRefused(grows, "signed URL is longer");
}

TEST(UrlSigner, RefusesWhatTheFormCannotSay) {
    EXPECT_FALSE(sign(Dialect::cloudflare, "/img/a?x=%ff"));
    EXPECT_FALSE(sign(Dialect::cloudflare, "/img/a?x=%ed%a0%80"));
    EXPECT_TRUE(sign(Dialect::imagekit, "/img/a?x=%ff"));
}

TEST(UrlSigner, RefusesAnExpiryThatCannotBeWritten) {
    const auto expires = [](Dialect dialect, std::int64_t at) {
        return bool(sign(dialect, "/img/a", "/img/", at));
    };
    for (const std::int64_t at : {std::int64_t{-1}, INT64_MIN, INT64_MAX, 1'000'000'000'000}) {
        EXPECT_FALSE(expires(Dialect::cloudflare, at)) << at;
        EXPECT_FALSE(expires(Dialect::imagekit, at)) << at;
    }
    EXPECT_TRUE(expires(Dialect::cloudflare, 1));
    EXPECT_TRUE(expires(Dialect::cloudflare, 999'999'999'999));
    EXPECT_FALSE(expires(Dialect::imagekit, 999'999'999));
    EXPECT_TRUE(expires(Dialect::imagekit, 1'000'000'000));
    EXPECT_TRUE(expires(Dialect::imagekit, 9'999'999'998));
    EXPECT_FALSE(expires(Dialect::imagekit, 9'999'999'999));
}

// ---- expiry ----

TEST(ExpiryOf, IsRoundedUpToTheWindow) {
    EXPECT_EQ(expiryOf(1000, 60, 0), 1060);
    EXPECT_EQ(expiryOf(1000, 60, 1), 1060);
    EXPECT_EQ(expiryOf(1000, 60, 100), 1100);
    EXPECT_EQ(expiryOf(1040, 60, 100), 1100);
    EXPECT_EQ(expiryOf(1041, 60, 100), 1200);
}

}  // namespace
}  // namespace private_image
