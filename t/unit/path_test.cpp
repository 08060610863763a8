// The rules for paths that both dialects share, and how untrusted text is quoted.
#include <gtest/gtest.h>

#include <random>

#include "dialect/parsed_request.hpp"

namespace private_image {
namespace {

TEST(Paths, ordinaryOnesAreAccepted) {
    for (const auto* path :
         {"/a.jpg", "a.jpg", "/dir/a b.jpg", "/caf\xc3\xa9.jpg", "/a?b.jpg", "/a#b.jpg",
          "/100%.jpg", "/%zz.jpg", "/...", "/.hidden", "/a..b", "/..a", "//a.jpg", "/a;v=1.jpg",
          "/a;..", "/...;x", "/https://other.example/a%20b.jpg", "/%2", "/%"}) {
        EXPECT_EQ(pathError(path), "") << path;
    }
}

TEST(Paths, dotSegmentsAreRefusedInAnyEncoding) {
    for (const auto* path :
         {"/..",       "/../a",          "/a/..",       "/./a",    "/a/.",      "..",
          ".",         "/..;/a",         "/.;v=1/a",    "/..;..",  "/%2e%2e/a", "/%2E./a",
          "/.%2e",     "/a/%2e",         "/a%2f..%2fb", "/a%2F..", "/..%2fa",   "/%2e%2e;x/a",
          "/..%3bx/a", "/100%/%2e%2e/a", "/%zz/%2e/a"}) {
        EXPECT_EQ(pathError(path), "the path has a dot segment") << path;
    }
}

TEST(Paths, backslashesAndControlBytesAreRefused) {
    for (const auto* path : {"/a\\b", "\\a", "/a%5cb", "/a%5Cb"}) {
        EXPECT_EQ(pathError(path), "the path has a backslash") << path;
    }
    for (const auto* path : {"/a\nb", "/a\x7f", "\x01", "/a%0ab", "/a%7F", "/a%00"}) {
        EXPECT_EQ(pathError(path), "the path has a control byte") << path;
    }
    EXPECT_EQ(pathError(std::string_view("/a\0b", 4)), "the path has a control byte");
}

TEST(Paths, emptyPathsAndFoldersAreRefused) {
    EXPECT_EQ(pathError(""), "the path is empty");
    EXPECT_EQ(pathError("/"), "the path is empty");
    EXPECT_EQ(pathError("/a/"), "the path ends in a slash");
    EXPECT_EQ(pathError("//"), "the path ends in a slash");
}

TEST(RawTargets, ordinaryOnesAreAccepted) {
    for (const auto* target :
         {"/img/a.jpg", "/img/a%20b.jpg?tr=w-100", "/a%3Fb%23c.jpg", "/a.jpg?x=../..",
          "/a.jpg?x=%5C%0a", "/", "", "/dir/", "/caf%C3%A9.jpg", "/100%25.jpg",
          "/tr:w-400,h-300:rt-90/a.jpg", "/https%3A%2F%2Fo.example%2Fa%2520b.jpg"}) {
        EXPECT_EQ(rawTargetError(target), "") << target;
    }
}

TEST(RawTargets, partsThatNginxNormalisesAreRefused) {
    for (const auto* target :
         {"/img/../a.jpg", "/./a.jpg", "/a/..", "/a/.?x", "/%2e%2e/a", "/%2E%2e/a", "/a%2f..%2fb",
          "/%252e%252e/a", "/..;x/a", "/..%3b/a", "/a%2F%252e%252e%2Fb", "/..?a"}) {
        EXPECT_EQ(rawTargetError(target), "the path has a dot segment") << target;
    }
    for (const auto* target : {"/a%5cb", "/a\\b", "/a%255Cb"}) {
        EXPECT_EQ(rawTargetError(target), "the path has a backslash") << target;
    }
    for (const auto* target : {"/a%00b", "/a%0D%0Ab", "/a%7f", "/a%250ab"}) {
        EXPECT_EQ(rawTargetError(target), "the path has a control byte") << target;
    }
    for (const auto* target : {"/a#b", "/a.jpg?x#y", "#", "/a#?ik-s=1"}) {
        EXPECT_EQ(rawTargetError(target), "the URL has a raw #") << target;
    }
}

TEST(Paths, garbageDoesNotCrash) {
    std::mt19937 random(2);
    const std::string_view alphabet = "/.%25eEfFcC;\\?#a0";
    for (int i = 0; i < 50000; ++i) {
        std::string path(random() % 24, ' ');
        for (char& c : path) {
            c = random() % 30 == 0 ? static_cast<char>(random())
                                   : alphabet[random() % alphabet.size()];
        }
        // An accepted path has no segment that leads to the parent folder.
        if (rawTargetError(path).empty() && path.find('?') == path.npos) {
            EXPECT_EQ(('/' + path + '/').find("/../"), path.npos) << path;
        }
        if (pathError(path).empty()) {
            EXPECT_EQ(('/' + path + '/').find("/../"), path.npos) << path;
        }
    }
}

TEST(Quotes, arePrintableAndBounded) {
    EXPECT_EQ(inQuotes("trim"), "\"trim\"");
    EXPECT_EQ(inQuotes("a\nb\"c\x80\x7f"), "\"a?b?c??\"");
    EXPECT_EQ(inQuotes(std::string(64, 'x')), '"' + std::string(64, 'x') + '"');
    EXPECT_EQ(inQuotes(std::string(1000, 'x')), '"' + std::string(64, 'x') + "...\"");
    EXPECT_EQ(inQuotes(""), "\"\"");
}

TEST(MakeVariantRequest, distinguishesTheThreeKinds) {
    Variant variant;
    variant.name = "v";
    variant.transform.encoding.quality = 50;
    variant.transform.metadata = Metadata::copyright;
    EXPECT_EQ(makeVariantRequest("/a", variant).requestKind, RequestKind::signedVariant);
    EXPECT_EQ(makeVariantRequest("/a", variant).transform, variant.transform);
    variant.isPublic = true;
    EXPECT_EQ(makeVariantRequest("/a", variant).requestKind, RequestKind::publicVariant);
    EXPECT_EQ(makeVariantRequest("/a", variant).transform.metadata, Metadata::none);
    variant.isPublic = false;
    variant.isOriginal = true;
    EXPECT_EQ(makeVariantRequest("/a", variant).requestKind, RequestKind::original);
    EXPECT_EQ(makeVariantRequest("/a", variant).transform, Transform{});
    EXPECT_EQ(makeVariantRequest("/a", variant).variant, "v");
}

}  // namespace
}  // namespace private_image
