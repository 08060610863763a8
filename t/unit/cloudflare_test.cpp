// The positions of image, variant and options in both forms of Cloudflare's URLs. The options are
// tested in cloudflare_options_test.cpp.
#include "dialect/cloudflare/cloudflare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "transform/canonical.hpp"

namespace private_image::cloudflare {
namespace {

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

class CloudflareUrls : public testing::Test {
protected:
    CloudflareUrls() {
        add("thumb", false);
        add("preview", true);
        variants_["full"].name = "full";
        variants_["full"].isOriginal = true;
    }

    void add(const std::string& name, bool isPublic) {
        Variant& variant = variants_[name];
        variant.name = name;
        variant.isPublic = isPublic;
        variant.transform.encoding.quality = 42;
    }

    ParseResult parse(std::string_view uri) const { return parseRequest({uri, ""}, variants_); }

    void expectRefused(std::string_view uri, Reason reason) const {
        const auto result = parse(uri);
        ASSERT_FALSE(result) << uri;
        EXPECT_EQ(result.error().reason, reason) << uri << ": " << result.error().detail;
        EXPECT_FALSE(result.error().detail.empty()) << uri;
    }

    Variants variants_;
};

TEST_F(CloudflareUrls, aLastSegmentWithoutEqualsIsAVariant) {
    const auto thumb = parse("2628bc0e-3f2a/thumb");
    ASSERT_TRUE(thumb);
    EXPECT_EQ(thumb->path, "/2628bc0e-3f2a");
    EXPECT_EQ(thumb->requestKind, RequestKind::signedVariant);
    EXPECT_EQ(thumb->variant, "thumb");
    EXPECT_EQ(thumb->transform.encoding.quality, 42);

    const auto preview = parse("a/custom id/x.jpg/preview");
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->path, "/a/custom id/x.jpg");
    EXPECT_EQ(preview->requestKind, RequestKind::publicVariant);

    const auto full = parse("a/full");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->requestKind, RequestKind::original);
    EXPECT_EQ(full->variant, "full");
    EXPECT_EQ(full->transform, Transform{});
}

TEST_F(CloudflareUrls, aLastSegmentWithEqualsIsAnOptionList) {
    const auto result = parse("dir/a/w=400,sharpen=3");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->path, "/dir/a");
    EXPECT_EQ(result->requestKind, RequestKind::adhoc);
    EXPECT_EQ(result->variant, "");
    ASSERT_EQ(result->transform.steps.size(), 1u);
    EXPECT_EQ(result->transform.steps[0].width, pixels(400));
    EXPECT_EQ(result->transform.steps[0].effects, std::vector<Effect>{Sharpen{3}});
}

TEST_F(CloudflareUrls, theErrorNamesAnUnknownVariant) {
    expectRefused("a/nope", Reason::unknownVariant);
    expectRefused("a/Thumb", Reason::unknownVariant);
    expectRefused("a/thumb,preview", Reason::unknownVariant);
    EXPECT_EQ(parse("a/no\npe").error().detail, "unknown variant \"no?pe\"");
}

TEST_F(CloudflareUrls, incompleteOrInvalidUrlsAreRefused) {
    for (const auto* uri :
         {"", "/", "a", "thumb", "a/", "a/b/", "/thumb", "//thumb", "a//thumb", "%2e%2e/thumb",
          "a/%2e%2e/thumb", "a/..;x/thumb", "a\\b/thumb", "a\n/thumb", "w=100", "a/%2e/w=100"}) {
        expectRefused(uri, Reason::badUrl);
    }
}

TEST_F(CloudflareUrls, theQueryIsIgnored) {
    const auto result = parseRequest({"a/thumb", "w=100&tr=w-3&%"}, variants_);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->requestKind, RequestKind::signedVariant);
}

TEST_F(CloudflareUrls, redirectOnErrorIsIgnoredForAnId) {
    const auto result = parse("a/w=100,onerror=redirect");
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->transform.redirectsOnError);
    EXPECT_EQ(result->transform, parse("a/w=100")->transform);
}

// URLs that unpic's provider `cloudflare_images` makes.
TEST_F(CloudflareUrls, unpicsOptionListsAreRead) {
    const struct {
        const char* options;
        double width, height;
    } rows[] = {
        {"w=200,fit=cover", 200, 0},
        {"w=200,h=50,fit=cover", 200, 50},
        {"sharpen=3,w=200,h=90,fit=cover", 200, 90},
        {"w=120,f=jpeg,fit=cover", 120, 0},
        {"w=100,h=200,fit=cover", 100, 200},
    };
    for (const auto& row : rows) {
        const auto result = parse("083eb7b2/" + std::string(row.options));
        ASSERT_TRUE(result) << row.options;
        ASSERT_EQ(result->transform.steps.size(), 1u);
        const Step& step = result->transform.steps[0];
        EXPECT_EQ(step.width, pixels(row.width));
        EXPECT_EQ(step.height, row.height > 0 ? pixels(row.height) : Length{});
        EXPECT_EQ(step.fit, Fit::cover);
    }
}

TEST_F(CloudflareUrls, unpicsJunkItemIsRefusedAsAnOption) {
    for (const auto* options :
         {"public=undefined,fit=cover", "public=undefined,w=200,fit=cover",
          "public=undefined,h=100,fit=cover", "public=undefined,w=200,h=100,f=webp,fit=cover",
          "public=undefined,quality=60,w=200,fit=cover", "public=undefined,w=200,f=auto,fit=cover",
          "public=undefined,fit=contain,w=200",
          "public=undefined,fit=crop,gravity=left,w=200,h=200",
          "public=undefined,blur=30,w=200,fit=cover",
          "public=undefined,background=%23ff0000,fit=pad,w=200",
          "public=undefined,metadata=none,w=200,fit=cover",
          "public=undefined,w=640,h=480,f=avif,fit=cover",
          "thumb?exp=1700000000&sig,w=200,fit=cover"}) {
        expectRefused("083eb7b2/" + std::string(options), Reason::badOptions);
    }
    EXPECT_EQ(parse("a/public=undefined").error().detail, "unknown option \"public\"");
}

TEST_F(CloudflareUrls, aWatermarkIsOnlyForVariants) {
    expectRefused("a/w=100,watermark=logo", Reason::badOptions);
}

TEST_F(CloudflareUrls, valuesAreNotDecodedASecondTime) {
    ASSERT_TRUE(parse("a/w=9,background=#ff0000"));
    ASSERT_TRUE(parse("a/trim=1;2;3;4"));
    expectRefused("a/w=9,background=%23ff0000", Reason::badOptions);
    expectRefused("a/trim=1%3B2%3B3%3B4", Reason::badOptions);
}

TEST_F(CloudflareUrls, garbageDoesNotCrash) {
    std::mt19937 random(4);
    const std::string_view alphabet = "a/w=h,fit.(%)0123456789g;:";
    const std::vector<std::string> words = {
        "width=", "fit=pad",  "g=0x1",  "dpr=",   "background=rgb(", "blur=", "format=",
        "trim=",  "quality=", "thumb",  "/",      "https:/",         "host",  "trim.left=",
        "gamma=", "rotate=",  "=auto,", "q=high", "/cdn-cgi/image/", "flip=", "trim.border.keep="};
    for (int i = 0; i < 50000; ++i) {
        std::string uri;
        for (auto count = random() % 12; count > 0; --count) {
            uri += random() % 3 == 0
                       ? words[random() % words.size()]
                       : std::string(1, random() % 20 == 0 ? static_cast<char>(random())
                                                           : alphabet[random() % alphabet.size()]);
        }
        const auto result = parseRequest({uri, "", i % 2 == 0, "host"}, variants_);
        if (!result) {
            EXPECT_TRUE(std::ranges::all_of(result.error().detail,
                                            [](char c) { return c >= 0x20 && c < 0x7f; }));
            EXPECT_LT(result.error().detail.size(), 300u);
        } else {
            EXPECT_EQ(pathError(result->path), "") << uri;
        }
    }
}

// A slash that was escaped within an option's value belongs to the option.
TEST_F(CloudflareUrls, anEscapedSlashBelongsToItsOption) {
    const auto both = [this](std::string_view sent, std::string_view uri) {
        UrlParts url{uri, ""};
        url.sentPath = sent;
        return parseRequest(url, variants_);
    };
    const auto clear =
        both("a/b/background=rgb(1%202%203%20%2F%2050%25)", "a/b/background=rgb(1 2 3 / 50%)");
    ASSERT_TRUE(clear);
    EXPECT_EQ(clear->path, "/a/b");
    EXPECT_EQ(clear->transform.steps.at(0).background->colour, (Colour{1, 2, 3, 128}));
    const struct {
        const char* sent;
        const char* uri;
        Reason reason;
    } refused[] = {
        {"a/background=red%2Fblue", "a/background=red/blue", Reason::badOptions},
        {"a/background=red%2fw=20", "a/background=red/w=20", Reason::badOptions},
        {"a/w=20%2F", "a/w=20/", Reason::badOptions},
        {"a/w=20%2F5,h=3", "a/w=20/5,h=3", Reason::badOptions},
        {"a/background=rgb(1%202%203%2F%2F1)", "a/background=rgb(1 2 3/1)", Reason::badOptions},
        {"a/background=rgb(1%202%203%2F%2F1)", "a/background=rgb(1 2 3//1)", Reason::badOptions},
        // A slash that is not escaped divides the path.
        {"a/background=rgb(1%202%203/1)", "a/background=rgb(1 2 3/1)", Reason::unknownVariant},
        // The sent path differs from the URI, as after a rewrite, so it is ignored.
        {"other/w=1%2F2", "a/background=rgb(1 2 3/1)", Reason::unknownVariant},
        {"", "a/background=rgb(1 2 3/1)", Reason::unknownVariant},
    };
    for (const auto& row : refused) {
        const auto result = both(row.sent, row.uri);
        ASSERT_FALSE(result) << row.sent;
        EXPECT_EQ(result.error().reason, row.reason) << row.sent;
    }
    // An escaped slash in the id, or before a variant or the options, is an ordinary slash.
    EXPECT_EQ(both("a%2Fb/thumb", "a/b/thumb")->path, "/a/b");
    EXPECT_EQ(both("a%2Fb/w=1", "a/b/w=1")->path, "/a/b");
    EXPECT_EQ(both("a%2Fthumb", "a/thumb")->path, "/a");
    EXPECT_EQ(both("a%2Fw=1", "a/w=1")->path, "/a");
}

// ---- options first ----

class CloudflareSources : public CloudflareUrls {
protected:
    ParseResult parse(std::string_view uri, std::string_view host = "site.example") const {
        return parseRequest({uri, "", true, host}, variants_);
    }

    std::string path(std::string_view uri) const {
        const auto result = parse(uri);
        return result ? result->path : result.error().detail;
    }

    void expectRefused(std::string_view uri, Reason reason, std::string_view detail) const {
        const auto result = parse(uri);
        ASSERT_FALSE(result) << uri;
        EXPECT_EQ(result.error().reason, reason) << uri << ": " << result.error().detail;
        EXPECT_NE(result.error().detail.find(detail), std::string::npos)
            << uri << ": " << result.error().detail;
    }
};

TEST(CloudflarePrefixes, determineTheForm) {
    EXPECT_TRUE(putsOptionsFirst("/cdn-cgi/image/"));
    EXPECT_TRUE(putsOptionsFirst("/shop/cdn-cgi/image/"));
    EXPECT_FALSE(putsOptionsFirst("/cdn-cgi/imagedelivery/9fwIqi49bb8wUlDFfiJILA/"));
    EXPECT_FALSE(putsOptionsFirst("/cdn-cgi/image"));
    EXPECT_FALSE(putsOptionsFirst("/my-cdn-cgi/image/"));
    EXPECT_FALSE(putsOptionsFirst("/"));
}

TEST_F(CloudflareSources, anEscapedSlashBelongsToItsOption) {
    const auto both = [this](std::string_view sent, std::string_view uri) {
        return parseRequest({uri, "", true, "site.example", sent}, variants_);
    };
    const auto clear = both("background=rgb(1%202%203%20%2F%2050%25)/img/a.jpg",
                            "background=rgb(1 2 3 / 50%)/img/a.jpg");
    ASSERT_TRUE(clear);
    EXPECT_EQ(clear->path, "/img/a.jpg");
    EXPECT_EQ(clear->transform.steps.at(0).background->colour, (Colour{1, 2, 3, 128}));
    EXPECT_EQ(both("background=lab(50%25%200%200%2f1)/https://site.example/a.jpg",
                   "background=lab(50% 0 0/1)/https:/site.example/a.jpg")
                  ->path,
              "/a.jpg");
    for (const auto& [sent, uri] :
         {std::pair("background=red%2Fblue/a.jpg", "background=red/blue/a.jpg"),
          {"w=20%2Fb/a.jpg", "w=20/b/a.jpg"},
          {"w=20%2F/a.jpg", "w=20/a.jpg"},
          {"w=20%2F/a.jpg", "w=20//a.jpg"}}) {
        const auto result = both(sent, uri);
        ASSERT_FALSE(result) << sent;
        EXPECT_EQ(result.error().reason, Reason::badOptions) << sent;
    }
    EXPECT_EQ(both("w=20/b%2Fa.jpg", "w=20/b/a.jpg")->path, "/b/a.jpg");
    EXPECT_EQ(both("w=20%5F%2F/a.jpg", "w=20/a.jpg")->path,
              "/a.jpg");  // the sent options differ from the URI's
}

TEST_F(CloudflareSources, optionsComeFirst) {
    const auto result = parse("width=200,f=auto,fit=cover/img/dir/a.jpg");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->path, "/img/dir/a.jpg");
    EXPECT_EQ(result->requestKind, RequestKind::adhoc);
    EXPECT_EQ(result->variant, "");
    ASSERT_EQ(result->transform.steps.size(), 1u);
    EXPECT_EQ(result->transform.steps[0].width, pixels(200));
    EXPECT_EQ(result->transform.formatChoice, FormatChoice::automatic);
}

// URLs that unpic's provider `cloudflare` makes, as NGINX decodes them.
TEST_F(CloudflareSources, unpicsUrlsAreRead) {
    const struct {
        const char* uri;
        const char* path;
    } rows[] = {
        {"width=200,f=auto,fit=cover/https://site.example/img/a.jpg", "/img/a.jpg"},
        {"width=200,height=100,f=auto,fit=cover/https://site.example/img/a.jpg", "/img/a.jpg"},
        {"width=200,height=100,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"height=120,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,f=webp,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,f=jpeg,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,quality=50,f=avif,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,height=200,fit=pad,background=red,f=auto/img/a.jpg", "/img/a.jpg"},
        {"width=200,height=200,fit=crop,gravity=0.5x0.2,f=auto/img/a.jpg", "/img/a.jpg"},
        {"width=200,height=200,gravity=auto,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,dpr=2,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,blur=20,sharpen=1,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,background=#ff0000,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,trim=20;30;20;0,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,metadata=none,onerror=redirect,f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"width=200,f=auto,fit=cover/img/my photo.jpg", "/img/my photo.jpg"},
        {"width=200,f=auto,fit=cover/img/caf\xc3\xa9.jpg", "/img/caf\xc3\xa9.jpg"},
        {"width=300,f=webp,fit=cover/img/a.jpg", "/img/a.jpg"},
        {"f=auto,fit=cover/img/a.jpg", "/img/a.jpg"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(path(row.uri), row.path) << row.uri;
    }
    const auto* query = "width=200,f=auto,fit=cover/https://other.example/pic/b.png?x=1&y=2";
    EXPECT_EQ(parse(query, "other.example")->path, "/pic/b.png?x=1&y=2");
    expectRefused(query, Reason::badUrl, "another server");
    const auto* other = "width=100,height=50,fit=contain,f=auto/https://o.example/x.jpg";
    EXPECT_EQ(parse(other, "o.example")->path, "/x.jpg");
    expectRefused(other, Reason::badUrl, "another server");
}

TEST_F(CloudflareSources, anAbsoluteUrlMustNameThisServer) {
    for (const auto* source :
         {"https://site.example/img/a.jpg", "http://site.example/img/a.jpg",
          "https:/site.example/img/a.jpg", "http:/site.example/img/a.jpg",
          "HTTPS://Site.Example/img/a.jpg", "https://site.example:8443/img/a.jpg",
          "http:/site.example:80/img/a.jpg", "https://site.example//img/a.jpg"}) {
        EXPECT_EQ(path("w=9/" + std::string(source)), "/img/a.jpg") << source;
    }
    EXPECT_EQ(parse("w=9/http://[::1]:8080/a.jpg", "[::1]")->path, "/a.jpg");
    EXPECT_EQ(parse("w=9/http://[::1]/a.jpg", "[::1]")->path, "/a.jpg");
}

TEST_F(CloudflareSources, otherServersAreRefused) {
    for (const auto* source :
         {"https://evil.example/a.jpg", "https:/evil.example/a.jpg", "https:///site.example/a.jpg",
          "https://site.example.evil/a.jpg", "https://site.example@evil.example/a.jpg",
          "https://evil.example@site.example/a.jpg", "https://site.example:x/a.jpg",
          "https://site.example:65536/a.jpg", "https://site.example:/a.jpg",
          "https://site.example:80:80/a.jpg", "https://site.example?/a.jpg", "https://a.jpg",
          "https://", "http:/", "https://site.example#/a.jpg", "https://site.example /a.jpg"}) {
        const auto result = parse("w=9/" + std::string(source));
        ASSERT_FALSE(result) << source;
        EXPECT_EQ(result.error().reason, Reason::badUrl) << source;
    }
    for (const auto* source : {"http:///a.jpg", "http:/", "http://:80/a.jpg"}) {
        EXPECT_FALSE(parse("w=9/" + std::string(source), "")) << source;
    }
    EXPECT_FALSE(parse("w=9/https://site.example"));
    EXPECT_FALSE(parse("w=9/https://site.example/"));
}

TEST_F(CloudflareSources, urlsOfOtherSchemesAreRelativePaths) {
    EXPECT_EQ(path("w=9/ftp:/evil.example/a.jpg"), "/ftp:/evil.example/a.jpg");
    EXPECT_EQ(path("w=9/https.jpg"), "/https.jpg");
    EXPECT_EQ(path("w=9/dir/https://evil.example/a.jpg"), "/dir/https://evil.example/a.jpg");
}

TEST_F(CloudflareSources, aPathBeginsWithOneSlash) {
    EXPECT_EQ(path("w=9//img/a.jpg"), "/img/a.jpg");
    EXPECT_EQ(path("w=9,onerror=redirect///evil.example/a.jpg"), "/evil.example/a.jpg");
    EXPECT_EQ(path("w=9/https://site.example//evil.example/a.jpg"), "/evil.example/a.jpg");
}

TEST_F(CloudflareSources, sourcesThatAreTransformationsAreRefused) {
    for (const auto* source :
         {"cdn-cgi/image/w=1/a.jpg", "/cdn-cgi/image/w=1/a.jpg", "cdn-cgi//image/w=1/a.jpg",
          "https://site.example/cdn-cgi/image/w=1/a.jpg", "shop/cdn-cgi/image/w=1/a.jpg",
          "https:/site.example//cdn-cgi/image/w=1/a.jpg"}) {
        expectRefused("w=9/" + std::string(source), Reason::badUrl, "itself a transformed image");
    }
    EXPECT_EQ(path("w=9/cdn-cgi/images/a.jpg"), "/cdn-cgi/images/a.jpg");
}

TEST_F(CloudflareSources, incompleteOrInvalidUrlsAreRefused) {
    for (const auto* uri : {"", "/", "//", "a.jpg", "w=100", "w=100/", "w=100//", "/img/a.jpg",
                            "w=100/img/", "w=100/../a.jpg", "w=100/%2e%2e/a.jpg", "w=100/a\\b",
                            "w=100/a\nb", "w=100/https://site.example/../a.jpg"}) {
        const auto result = parse(uri);
        ASSERT_FALSE(result) << uri;
        EXPECT_EQ(result.error().reason, Reason::badUrl) << uri << ": " << result.error().detail;
    }
}

TEST_F(CloudflareSources, onlyOptionsMayComeFirst) {
    expectRefused("thumb/img/a.jpg", Reason::badOptions, "unknown option \"thumb\"");
    expectRefused("preview/img/a.jpg", Reason::badOptions, "unknown option \"preview\"");
    expectRefused("full/img/a.jpg", Reason::badOptions, "unknown option \"full\"");
    expectRefused("img/thumb", Reason::badOptions, "unknown option \"img\"");
    expectRefused("w=100,watermark=logo/a.jpg", Reason::badOptions, "only for variants");
    EXPECT_EQ(path("w=100/img/thumb"), "/img/thumb");
}

TEST_F(CloudflareSources, onErrorRedirectLeadsToThePath) {
    const auto result = parse("onerror=redirect,w=100/img/a.jpg");
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->transform.redirectsOnError);
    EXPECT_EQ(result->path, "/img/a.jpg");
    EXPECT_FALSE(parse("w=100/img/a.jpg")->transform.redirectsOnError);
}

TEST_F(CloudflareSources, longUrlsAreParsedQuickly) {
    EXPECT_FALSE(parse("w=1/" + std::string(100000, '/')));
    EXPECT_FALSE(parse("w=1/https:/" + std::string(100000, ':') + "/a"));
    EXPECT_FALSE(parse(std::string(100000, '=') + "/a"));
    EXPECT_TRUE(parse("w=1/a" + std::string(100000, '/') + "a"));
}

}  // namespace
}  // namespace private_image::cloudflare
