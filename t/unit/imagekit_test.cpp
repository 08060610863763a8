// ImageKit's URLs and the names of variants in them: the parsed requests, and refused URLs.
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitUrls = Imagekit;
using ImagekitNames = Imagekit;

// ---- URLs ----

TEST_F(ImagekitUrls, aPlainPathIsTheOriginal) {
    for (const auto* query : {"", "v=3", "v=3&w=100", "ik-s=00&ik-t=1", "TR=w-1", "%74r=w-1",
                              "ik-sanitizeSvg=true", "&&=&", "x=%zz"}) {
        const auto result = parse("dir/a b.jpg", query);
        ASSERT_TRUE(result) << query;
        EXPECT_EQ(result->path, "/dir/a b.jpg");
        EXPECT_EQ(result->requestKind, RequestKind::original);
        EXPECT_EQ(result->transform, Transform{});
        EXPECT_FALSE(result->attachment);
    }
}

TEST_F(ImagekitUrls, theChainMayPrecedeAnySegment) {
    for (const auto* uri :
         {"tr:w-300/dir/sub/a.jpg", "dir/tr:w-300/sub/a.jpg", "dir/sub/tr:w-300/a.jpg"}) {
        const auto result = parse(uri);
        ASSERT_TRUE(result) << uri;
        EXPECT_EQ(result->path, "/dir/sub/a.jpg");
        EXPECT_EQ(result->requestKind, RequestKind::adhoc);
        EXPECT_EQ(result->transform.steps.at(0).width, pixels(300));
    }
}

TEST_F(ImagekitUrls, theQueryFormIsEquivalent) {
    const auto expected = parse("tr:w-400,h-300:bl-9/a.jpg");
    ASSERT_TRUE(expected);
    for (const auto* query : {"tr=w-400,h-300:bl-9", "tr=w-400%2Ch-300%3Abl-9",
                              "v=1&tr=w-400%2ch-300:bl-9&ik-s=0", "tr=%77-400,h-300:bl%2D9"}) {
        const auto result = parse("a.jpg", query);
        ASSERT_TRUE(result) << query;
        EXPECT_EQ(result->path, expected->path);
        EXPECT_EQ(result->requestKind, RequestKind::adhoc);
        EXPECT_EQ(result->transform, expected->transform);
    }
}

TEST_F(ImagekitUrls, anEmptyChainIsTheOriginal) {
    for (const auto& [uri, query] : {std::pair{"tr:/a.jpg", ""},
                                     {"a.jpg", "tr="},
                                     {"a.jpg", "tr"},
                                     {"dir/tr:/a.jpg", "v=1"}}) {
        const auto result = parse(uri, query);
        ASSERT_TRUE(result) << uri << '?' << query;
        EXPECT_EQ(result->requestKind, RequestKind::original);
    }
}

TEST_F(ImagekitUrls, twoChainsAreRefused) {
    for (const auto& [uri, query] : {std::pair{"tr:w-1/tr:h-1/a.jpg", ""},
                                     {"tr:w-1/dir/tr:w-1/a.jpg", ""},
                                     {"a.jpg", "tr=w-1&tr=w-1"},
                                     {"tr:w-1/a.jpg", "tr=h-1"},
                                     {"tr:/a.jpg", "tr="},
                                     {"tr:n-preview/a.jpg", "tr=w-100"},
                                     {"a.jpg", "tr=n-preview&tr"}}) {
        expectError(parse(uri, query), Reason::badOptions, uri, "\"tr\" is given twice");
    }
}

TEST_F(ImagekitUrls, malformedEscapesInTheQueryAreRefused) {
    for (const auto* query : {"tr=w-1%", "tr=%zz", "ik-attachment-filename=%1",
                              "v=1&ik-attachment-filename=a%0Ab", "ik-attachment-filename=%7F"}) {
        expectError(parse("a.jpg", query), Reason::badOptions, query);
    }
}

TEST_F(ImagekitUrls, thePathIsNotDecodedAgain) {
    const auto result = parse("tr:w-100/a%20b.jpg");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->path, "/a%20b.jpg");
    expectBadChain("w%2D100", "unknown option \"w%2D100\"");
}

TEST_F(ImagekitUrls, invalidPathsAreRefused) {
    for (const auto* uri : {"", "/", "dir/", "tr:w-100", "dir/tr:w-100", "tr:w-100/", "a.jpg/tr:",
                            "tr:", "%2e%2e/tr:w-1/a.jpg", "tr:w-1/%2e/a.jpg", "..;x/a.jpg",
                            "a\\b.jpg", "a\nb.jpg", "tr:w-1/tr:h-1", "tr:w-zzz/dir/"}) {
        expectBadUrl(uri);
    }
}

TEST_F(ImagekitUrls, aDoubledSlashIsKept) {
    EXPECT_EQ(parse("/a.jpg")->path, "//a.jpg");
    EXPECT_EQ(parse("tr:w-1//a.jpg")->path, "//a.jpg");
}

TEST_F(ImagekitUrls, theAliasLeadsToTheFile) {
    EXPECT_EQ(parse("ik-seo/dir/name/anything.jpg")->path, "/dir/name.jpg");
    EXPECT_EQ(parse("ik-seo/name/any.thing.webp")->path, "/name.webp");
    EXPECT_EQ(parse("ik-seo/name/anything.jpg")->requestKind, RequestKind::original);

    for (const auto* uri : {"ik-seo/tr:w-100/dir/name/x.jpg", "tr:w-100/ik-seo/dir/name/x.jpg",
                            "ik-seo/dir/tr:w-100/name/x.jpg"}) {
        const auto result = parse(uri);
        ASSERT_TRUE(result) << uri;
        EXPECT_EQ(result->path, "/dir/name.jpg");
        EXPECT_EQ(result->requestKind, RequestKind::adhoc);
    }
    EXPECT_EQ(parse("dir/ik-seo/name/x.jpg")->path, "/dir/ik-seo/name/x.jpg");
}

TEST_F(ImagekitUrls, incompleteAliasesAreRefused) {
    for (const auto* uri : {"ik-seo", "ik-seo/x.jpg", "ik-seo/name/x", "ik-seo/name/x.",
                            "ik-seo//x.jpg", "ik-seo/dir//x.jpg", "ik-seo/%2e%2e/x.jpg",
                            "ik-seo/a/..;/x.jpg", "ik-seo/tr:w-1/x.jpg", "ik-seo/name/"}) {
        expectBadUrl(uri);
    }
}

TEST_F(ImagekitUrls, attachmentsKeepTheirName) {
    const auto result =
        parse("a.jpg", "ik-attachment=true&ik-attachment-filename=my+caf%C3%A9.jpg");
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->attachment);
    EXPECT_EQ(result->attachmentFilename, "my caf\xc3\xa9.jpg");
    EXPECT_EQ(result->requestKind, RequestKind::original);

    const auto variant = parse("tr:n-preview/a.jpg", "ik-attachment=true&ik-attachment-filename=b");
    ASSERT_TRUE(variant);
    EXPECT_EQ(variant->requestKind, RequestKind::publicVariant);
    EXPECT_TRUE(variant->attachment);
    EXPECT_EQ(variant->attachmentFilename, "b");

    for (const auto* query :
         {"ik-attachment=false", "ik-attachment", "ik-attachment=TRUE", "IK-attachment=true"}) {
        EXPECT_FALSE(parse("a.jpg", query)->attachment) << query;
    }
    EXPECT_TRUE(parse("a.jpg", "ik-attachment-filename=" + std::string(255, 'x')));
    expectError(parse("a.jpg", "ik-attachment-filename=" + std::string(256, 'x')),
                Reason::badOptions, "256");
}

TEST_F(ImagekitUrls, aThumbnailIsAStillPictureAndNeverTheOriginal) {
    for (const auto& [uri, query] : {std::pair{"dir/a.gif/ik-thumbnail.jpg", ""},
                                     {"tr:/dir/a.gif/ik-thumbnail.jpg", ""},
                                     {"dir/a.gif/ik-thumbnail.jpg", "tr=&v=2"},
                                     {"ik-seo/dir/a/x.gif/ik-thumbnail.jpg", ""}}) {
        const auto result = parse(uri, query);
        ASSERT_TRUE(result) << uri;
        EXPECT_EQ(result->path, "/dir/a.gif");
        EXPECT_EQ(result->requestKind, RequestKind::adhoc);
        EXPECT_TRUE(result->transform.isStill);
        EXPECT_EQ(result->transform.formatChoice, FormatChoice::named);
        EXPECT_EQ(result->transform.format, Format::jpeg);
    }
    const auto second = parse("dir/a.gif/ik-thumbnail.jpg", "tr=pg-2,w-50,f-png");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->transform.pages, (Pages{1, 1}));
    EXPECT_EQ(second->transform.format, Format::png);
    EXPECT_EQ(second->transform.steps.at(0).width, pixels(50));
}

TEST_F(ImagekitUrls, aThumbnailOfAVariantIsAdhoc) {
    const auto result = parse("tr:n-preview/a.gif/ik-thumbnail.jpg");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->requestKind, RequestKind::adhoc);
    EXPECT_EQ(result->variant, "");
    EXPECT_EQ(result->transform.watermarks, std::vector<const Watermark*>{&logo_});
    expectError(parse("tr:n-full/a.gif/ik-thumbnail.jpg"), Reason::badOptions, "n-full",
                "must be the only item");
    EXPECT_EQ(parse("tr:orig-true/a.gif/ik-thumbnail.jpg")->requestKind, RequestKind::original);
    EXPECT_EQ(parse("ik-thumbnail.jpg")->path, "/ik-thumbnail.jpg");
    EXPECT_EQ(parse("ik-thumbnail.jpg")->requestKind, RequestKind::original);
    expectBadUrl("dir//ik-thumbnail.jpg");
    expectBadUrl("../ik-thumbnail.jpg");
}

TEST_F(ImagekitUrls, base64InThePathMayContainSlashes) {
    // "dir/a?.png", "??" and "a>?b"
    const auto image = parse("tr:l-image,ie-ZGlyL2E/LnBuZw==,l-end,w-9/dir/a.jpg");
    ASSERT_TRUE(image) << image.error().detail;
    EXPECT_EQ(image->path, "/dir/a.jpg");
    EXPECT_EQ(image->transform.steps.at(0).layers.at(0).path, "/dir/a?.png");
    EXPECT_EQ(image->transform.steps.at(0).width, pixels(9));
    const auto text = parse("dir/tr:w-9:l-text,ie-Pz8/,l-end/a.jpg");
    ASSERT_TRUE(text) << text.error().detail;
    EXPECT_EQ(text->path, "/dir/a.jpg");
    EXPECT_EQ(text->transform.steps.at(1).layers.at(0).text.characters, "???");
    expectBadUrl("tr:l-text,ie-Pz8/a.jpg");
    expectError(parse("tr:l-text,ie-Pz8,fs-9/a.jpg"), Reason::badOptions, "", "lacks its");
}

// ---- Clients ----

TEST_F(ImagekitUrls, urlsOfTheSdksAreRead) {
    const struct {
        const char* uri;
        const char* query;
        const char* same;
    } rows[] = {
        {"tr:w-102,q-72,f-png/zephyr/meadow-322.png", "", "f-png,q-72,w-102"},
        {"tr:w-400,h-300:rt-90/willow-484.png", "", "h-300,w-400:rt-90"},
        {"tr:h-572,w-1031/lantern-837.png", "", "w-1031,h-572"},
        {"violet-872.gif", "tr=w-294%2Ch-296%3Art-90&ik-t=1767908114&ik-s=0", "w-294,h-296:rt-90"},
        {"ember-601.png", "tr=w-900,h-651:rt-90&ik-s=0", "w-900,h-651:rt-90"},
        {"tundra/copper-363.gif", "v=3&tr=w-459,h-328,c-at_least", "c-at_least,h-328,w-459"},
        {"grotto-695.webp", "tr=w-600,l-text,i-copper%20meadow,lx-9,ly-27,l-end",
         "w-600,l-text,lx-9,ie-Y29wcGVyIG1lYWRvdw==,ly-27,l-end"},
        {"tr:l-image,i-copper@@ribbon.png,w-175,l-end/tundra-140.gif", "",
         "l-image,w-175,ie-Y29wcGVyL3JpYmJvbi5wbmc,l-end"},
        {"tr:l-text,i-willow lantern,fs-40,l-end/marble-514.gif", "",
         "l-text,fs-40,i-willow lantern,l-end"},
        {"quartz-581.jpeg", "x=b+c&flag=&tr=w-90", "w-90"},
    };
    for (const auto& row : rows) {
        const auto result = parse(row.uri, row.query);
        ASSERT_TRUE(result) << row.uri << ": " << result.error().detail;
        EXPECT_EQ(result->requestKind, RequestKind::adhoc);
        EXPECT_EQ(result->transform, transform(row.same)) << row.uri;
    }
    const auto text = parse("zephyr-65.gif", "tr=l-text,ie-c3RyYcOfZSA9IDEwMCUvb3JjaGlk,l-end");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->transform.steps.at(0).layers.at(0).text.characters,
              "stra\xc3\x9f"
              "e = 100%/orchid");
}

// URLs that unpic makes, after form decoding of the query.
TEST_F(ImagekitUrls, unpicsUrlsAreRead) {
    const struct {
        const char* query;
        const char* same;
    } rows[] = {
        {"tr=w-200%2Cc-maintain_ratio%2Cfo-auto", "w-200"},
        {"tr=w-200%2Ch-100%2Cc-maintain_ratio%2Cfo-auto", "h-100,w-200,fo-auto"},
        {"tr=h-100%2Cc-maintain_ratio%2Cfo-auto", "h-100"},
        {"tr=w-400%2Cf-webp%2Cc-maintain_ratio%2Cfo-auto", "f-webp,w-400"},
        {"tr=w-400%2Cq-60%2Cc-maintain_ratio%2Cfo-auto", "q-60,w-400"},
        {"tr=w-400%2Ch-300%2Cf-auto%2Cq-75%2Cc-maintain_ratio%2Cfo-auto",
         "fo-auto,w-400,h-300,f-auto,q-75"},
        {"tr=fo-face%2Cw-64%2Ch-64%2Cc-maintain_ratio", "w-64,h-64,fo-auto"},
        {"tr=c-at_max%2Cw-300%2Ch-300%2Cfo-auto", "w-300,h-300,c-at_max"},
        {"tr=cm-pad_resize%2Cbg-F3F3F3%2Cw-300%2Ch-300%2Cc-maintain_ratio%2Cfo-auto",
         "w-300,h-300,cm-pad_resize,bg-f3f3f3"},
        {"tr=w-200%2Ch-50%2Cc-maintain_ratio%2Cfo-auto", "fo-auto,w-200,h-50"},
        {"tr=c-force%2Cw-200%2Ch-50%2Cq-40%2Cfo-auto", "w-200,h-50,c-force,q-40"},
        {"tr=w-100%2Ch-70%2Cc-maintain_ratio%2Cfo-auto", "fo-auto,w-100,h-70"},
        {"tr=w-250%2Ch-50%2Cc-maintain_ratio%2Cfo-auto", "fo-auto,w-250,h-50"},
        {"v=3&tr=w-250%2Cc-maintain_ratio%2Cfo-auto", "w-250"},
        {"tr=rt-90%2Cw-250%2Cc-maintain_ratio%2Cfo-auto", "w-250,rt-90"},
        {"tr=w-251%2Ch-120%2Cc-maintain_ratio%2Cfo-auto", "w-251,h-120,fo-auto"},
    };
    for (const auto& row : rows) {
        const auto result = parse("photo.jpg", row.query);
        ASSERT_TRUE(result) << row.query << ": " << result.error().detail;
        EXPECT_EQ(result->requestKind, RequestKind::adhoc) << row.query;
        EXPECT_EQ(result->transform, transform(row.same)) << row.query;
    }
    EXPECT_EQ(parse("photo.jpg", "tr=c-maintain_ratio%2Cfo-auto")->requestKind, RequestKind::adhoc);
    EXPECT_EQ(text("c-maintain_ratio,fo-auto"), "");
    for (const auto* uri : {"my photo.jpg", "caf\xc3\xa9.jpg", "dir/sub/photo.png"}) {
        EXPECT_EQ(parse(uri, "tr=w-250%2Cc-maintain_ratio%2Cfo-auto")->path,
                  '/' + std::string(uri));
    }
    // unpic makes an invalid chain of this one.
    expectError(parse("photo.jpg", "tr=w-120%2Ch-300%253Art%2Cc-maintain_ratio%2Cfo-auto"),
                Reason::badOptions, "h", "option \"h\" must be");
}

// ---- Names ----

TEST_F(ImagekitNames, aloneRequestTheVariant) {
    for (const auto& result : {parse("tr:n-preview/a.jpg"), parse("a.jpg", "tr=n-preview"),
                               parse("tr:n-preview/a.jpg", "v=1")}) {
        ASSERT_TRUE(result);
        EXPECT_EQ(result->path, "/a.jpg");
        EXPECT_EQ(result->requestKind, RequestKind::publicVariant);
        EXPECT_EQ(result->variant, "preview");
        EXPECT_EQ(result->transform, variants_.at("preview").transform);
    }
    EXPECT_EQ(parseStep("n-large")->requestKind, RequestKind::signedVariant);
    EXPECT_EQ(parseStep("n-large")->transform.metadata, Metadata::keep);
    EXPECT_EQ(parseStep("n-full")->requestKind, RequestKind::original);
    EXPECT_EQ(parseStep("n-full")->variant, "full");
}

TEST_F(ImagekitNames, withOtherItemsAreAdhoc) {
    for (const auto* chain :
         {"n-preview,w-100", "w-100,n-preview", "n-preview:w-100", "w-100:n-preview",
          "n-preview:n-large", "n-preview,n-large", "n-preview:n-preview", "n-preview,n-preview",
          "n-preview,dpr-1", "n-preview,c-maintain_ratio", "n-preview:q-42"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result) << chain << ": " << result.error().detail;
        EXPECT_EQ(result->requestKind, RequestKind::adhoc) << chain;
        EXPECT_EQ(result->variant, "") << chain;
        EXPECT_EQ(result->transform.watermarks, std::vector<const Watermark*>{&logo_}) << chain;
        EXPECT_EQ(result->transform.metadata, Metadata::none) << chain;
    }
    expectBadChain("n-preview,", "empty item");
    expectBadChain("n-preview:", "empty item");
}

TEST_F(ImagekitNames, insertTheirStepsInPlace) {
    const Transform transform = this->transform("bl-9:n-large,h-50:bl-8");
    ASSERT_EQ(transform.steps.size(), 4u);
    EXPECT_EQ(transform.steps[0].effects, std::vector<Effect>{Blur{9}});
    EXPECT_EQ(transform.steps[1].width, pixels(2000));
    EXPECT_EQ(transform.steps[1].effects, std::vector<Effect>{Blur{3}});
    EXPECT_EQ(transform.steps[2].height, pixels(50));
    EXPECT_EQ(transform.steps[3].effects, std::vector<Effect>{Blur{8}});
    EXPECT_EQ(transform.format, Format::png);
    EXPECT_TRUE(transform.encoding.lossless);
    EXPECT_EQ(transform.defaultImage, "/none.png");
    EXPECT_EQ(transform.watermarks, std::vector<const Watermark*>{&logo_});
}

TEST_F(ImagekitNames, areOverriddenByTheChain) {
    for (const auto* chain : {"f-webp,q-9,lo-false,di-x.png,n-large,n-preview",
                              "n-large:n-preview,f-webp,q-9,lo-false,di-x.png"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->transform.format, Format::webp);
        EXPECT_EQ(result->transform.encoding.quality, 9);
        EXPECT_FALSE(result->transform.encoding.lossless);
        EXPECT_EQ(result->transform.defaultImage, "/x.png");
    }
    const auto both = parseStep("n-large:n-preview");
    EXPECT_EQ(both->transform.format, Format::png);
    EXPECT_EQ(both->transform.encoding.quality, 42);
}

TEST_F(ImagekitNames, areForTheWholeImage) {
    for (const auto* chain :
         {"l-image,i-a.png,n-preview,l-end", "l-image,i-a.png:n-preview,l-end"}) {
        expectBadChain(chain, "option \"n\" is not permitted in a layer");
    }
}

TEST_F(ImagekitNames, countTheirLayers) {
    Variant& crowded = add("crowded");
    crowded.transform.steps.emplace_back().layers.resize(9);
    EXPECT_TRUE(parseStep("n-crowded,w-9"));
    expectBadChain("n-crowded,n-crowded", "more than 16 layers");
    expectBadChain("n-crowded," + repeated("l-image,i-a.png,l-end", 8, ","), "more than 16 layers");
}

TEST_F(ImagekitNames, thatAreNotDefinedAreUnknown) {
    for (const auto* chain :
         {"n-nope", "n-nope,w-100", "w-100:n-nope", "n-Preview", "n-a-b", "n-nope:n-preview"}) {
        expectError(parseStep(chain), Reason::unknownVariant, chain, "unknown variant \"");
    }
    expectBadChain("n-nope,w-zzz", "not \"zzz\"");
    expectBadChain("n-", "needs a value");
}

TEST_F(ImagekitNames, ofTheOriginalAllowNoOtherItems) {
    for (const auto* chain :
         {"n-full,w-100", "w-100:n-full", "n-full:n-preview", "n-preview,n-full"}) {
        expectBadChain(chain, "must be the only item");
    }
}

TEST_F(ImagekitNames, storedChainsAreReadLikeThoseInUrls) {
    const std::string chain = "w-400,h-300:n-large:l-image,i-a.png,l-end";
    const auto result = parseChain(chain, variants_);
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, transform(chain));
    EXPECT_EQ(result->steps.size(), 3u);
    EXPECT_EQ(parseChain("n-preview", variants_)->steps, variants_.at("preview").transform.steps);
    for (const auto* chain : {"", "orig-true", "n-full", "w-100,orig-true"}) {
        const auto refused = parseChain(chain, variants_);
        ASSERT_FALSE(refused) << chain;
        EXPECT_EQ(refused.error().reason, Reason::badOptions) << chain;
    }
    EXPECT_EQ(parseChain("n-nope", variants_).error().reason, Reason::unknownVariant);
}

}  // namespace
}  // namespace private_image::imagekit
