// The dispatch to the dialects: every function calls the one of the given dialect.
#include "dialect/dialect.hpp"

#include <gtest/gtest.h>

#include <string>

namespace private_image {
namespace {

TEST(Dialect, IsFoundByItsName) {
    EXPECT_STREQ(dialectName(Dialect::cloudflare), "cloudflare");
    EXPECT_STREQ(dialectName(Dialect::imagekit), "imagekit");
    for (const Dialect dialect : allDialects) {
        EXPECT_EQ(dialectFromName(dialectName(dialect)), dialect);
        EXPECT_NE(std::string(dialectChoice).find(dialectName(dialect)), std::string::npos);
    }
    for (const char* other : {"", "off", "Cloudflare", "cloudflare ", "image"}) {
        EXPECT_EQ(dialectFromName(other), std::nullopt) << other;
    }
}

TEST(Dialect, HasTheDigestAndHintsOfItsService) {
    EXPECT_EQ(digestOf(Dialect::cloudflare), KeyRing::Digest::sha256);
    EXPECT_EQ(digestOf(Dialect::imagekit), KeyRing::Digest::sha1);
    EXPECT_EQ(hintStyleOf(Dialect::cloudflare), HintStyle::cloudflare);
    EXPECT_EQ(hintStyleOf(Dialect::imagekit), HintStyle::imagekit);
}

TEST(Dialect, PutsOptionsBeforeOrAfterTheImage) {
    struct Case {
        Dialect dialect;
        std::string_view prefix, plainPrefix;
        bool isFirst;
    };
    for (const Case& c : {
             Case{Dialect::imagekit, "/img/", "/img/", true},
             {Dialect::imagekit, "/cdn-cgi/image/", "/cdn-cgi/image/", true},
             {Dialect::cloudflare, "/img/", "/img/", false},
             {Dialect::cloudflare, "/", "/", false},
             {Dialect::cloudflare, "/cdn-cgi/image/", "/", true},
             {Dialect::cloudflare, "/a/cdn-cgi/image/", "/a/", true},
             {Dialect::cloudflare, "/cdn-cgi/image/b/", "/cdn-cgi/image/b/", false},
         }) {
        SCOPED_TRACE(c.prefix);
        EXPECT_EQ(putsOptionsFirst(c.dialect, c.prefix), c.isFirst);
        EXPECT_EQ(plainPrefix(c.dialect, c.prefix), c.plainPrefix);
    }
}

TEST(Dialect, OfOptionsDependsOnTheirBeginning) {
    EXPECT_EQ(dialectOfOptions("tr:w-100"), Dialect::imagekit);
    EXPECT_EQ(dialectOfOptions("w=100"), Dialect::cloudflare);
    EXPECT_EQ(dialectOfOptions(""), Dialect::cloudflare);
    EXPECT_EQ(dialectOfOptions("tr"), Dialect::cloudflare);
}

TEST(Dialect, ReadsItsOwnExample) {
    for (const Dialect dialect : allDialects) {
        SCOPED_TRACE(dialectName(dialect));
        const auto options = exampleOptions(dialect);
        EXPECT_EQ(dialectOfOptions(options), dialect);
        const auto transform = parseVariantOptions(options, {}, {});
        ASSERT_TRUE(transform) << transform.error().detail;
        EXPECT_EQ(transform->steps.size(), 1u);
        const auto advice = optionsAdvice(dialect);
        const auto example = advice.substr(advice.rfind(' ') + 1);
        EXPECT_TRUE(parseVariantOptions(example, {}, {})) << example;
    }
}

TEST(Dialect, SignsWhatItVerifiesAndRedacts) {
    for (const Dialect dialect : allDialects) {
        SCOPED_TRACE(dialectName(dialect));
        KeyRing ring(digestOf(dialect));
        ASSERT_TRUE(ring.add(*keyFromFile("0123456789abcdef", "test.key")));
        const UnsignedUrl url{{}, "/img/a.jpg", "?v=1"};
        const auto target = signTarget(dialect, url, "/img/", {ring, 0}, 1893456000);
        ASSERT_TRUE(target);
        const SignatureVerdict verdict =
            verify(readSignature(dialect, *target, "/img/"), ring, 1767225600, 0);
        EXPECT_EQ(verdict.signature, Signature::valid);
        EXPECT_EQ(verdict.expires, 1893456000);
        const std::string redacted = redactedTarget(dialect, *target);
        EXPECT_EQ(readSignature(dialect, redacted, "/img/").shape, SignatureClaim::Shape::absent);
        for (const Dialect other : allDialects) {
            if (other != dialect) {
                EXPECT_EQ(readSignature(other, *target, "/img/").shape,
                          SignatureClaim::Shape::absent);
            }
        }
    }
}

TEST(Dialect, ParsesARequest) {
    const auto cloudflare = parseRequest(Dialect::cloudflare, {"a.jpg/w=100", ""}, {});
    const auto imagekit = parseRequest(Dialect::imagekit, {"tr:w-100/a.jpg", ""}, {});
    ASSERT_TRUE(cloudflare && imagekit);
    EXPECT_EQ(cloudflare->path, "/a.jpg");
    EXPECT_EQ(imagekit->path, "/a.jpg");
    EXPECT_EQ(cloudflare->requestKind, RequestKind::adhoc);
    EXPECT_EQ(imagekit->requestKind, RequestKind::adhoc);
}

}  // namespace
}  // namespace private_image
