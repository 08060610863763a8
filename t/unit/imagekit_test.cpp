// ImageKit's URLs and transformation chains.
#include "dialect/imagekit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "transform/canonical.hpp"

namespace private_image::imagekit {
namespace {

constexpr Length pixels(double value) {
    return {Length::Unit::pixels, value};
}
constexpr Length fraction(double value) {
    return {Length::Unit::fraction, value};
}

class Imagekit : public testing::Test {
protected:
    Imagekit() {
        logo_.name = "logo";
        logo_.digest = "d1";

        Variant& preview = add("preview");
        preview.isPublic = true;
        Step step;
        step.width = pixels(600);
        preview.transform.steps = {step};
        preview.transform.watermarks = {&logo_};
        preview.transform.quality = 42;

        Variant& large = add("large");
        step.width = pixels(2000);
        step.blur = 3;
        large.transform.steps = {step};
        large.transform.formatChoice = Transform::FormatChoice::named;
        large.transform.format = Format::png;
        large.transform.metadata = Metadata::keep;
        large.transform.defaultImage = "/none.png";
        large.transform.watermarks = {&logo_};

        add("full").isOriginal = true;
    }

    Variant& add(const std::string& name) {
        variants_[name].name = name;
        return variants_[name];
    }

    ParseResult parse(std::string_view uri, std::string_view query = "") const {
        return parseRequest({uri, query}, variants_);
    }

    ParseResult parseStep(std::string_view chain) const {
        return parse("tr:" + std::string(chain) + "/a.jpg");
    }

    Step step(std::string_view chain) const {
        const auto result = parseStep(chain);
        EXPECT_TRUE(result) << chain << ": " << (result ? "" : result.error().detail);
        return result && result->transform.steps.size() == 1 ? result->transform.steps[0] : Step{};
    }

    std::string text(std::string_view chain) const {
        const auto result = parseStep(chain);
        return result ? canonicalText(result->transform) : result.error().detail;
    }

    static void expectError(const ParseResult& result, Reason reason, std::string_view what,
                            std::string_view detail = "") {
        ASSERT_FALSE(result) << what;
        EXPECT_EQ(result.error().reason, reason) << what << ": " << result.error().detail;
        EXPECT_NE(result.error().detail.find(detail), std::string::npos)
            << what << ": " << result.error().detail;
        EXPECT_FALSE(result.error().detail.empty());
    }

    void expectBadUrl(std::string_view uri) const { expectError(parse(uri), Reason::badUrl, uri); }

    void expectBadChain(std::string_view chain, std::string_view detail) const {
        expectError(parseStep(chain), Reason::badOptions, chain, detail);
    }

    Watermark logo_;
    Variants variants_;
};

using ImagekitUrls = Imagekit;
using ImagekitChains = Imagekit;
using ImagekitLayers = Imagekit;
using ImagekitNames = Imagekit;

// ---- URLs ----

TEST_F(ImagekitUrls, aPlainPathIsTheOriginal) {
    for (const auto* query : {"", "v=3", "v=3&w=100", "ik-s=00&ik-t=1", "TR=w-1", "%74r=w-1",
                              "ik-sanitizeSvg=true", "&&=&", "x=%zz"}) {
        const auto result = parse("dir/a b.jpg", query);
        ASSERT_TRUE(result) << query;
        EXPECT_EQ(result->path, "/dir/a b.jpg");
        EXPECT_EQ(result->asked, Asked::original);
        EXPECT_EQ(result->transform, Transform{});
        EXPECT_FALSE(result->attachment);
    }
}

TEST_F(ImagekitUrls, theChainStandsAnywhereBeforeTheFile) {
    for (const auto* uri :
         {"tr:w-300/dir/sub/a.jpg", "dir/tr:w-300/sub/a.jpg", "dir/sub/tr:w-300/a.jpg"}) {
        const auto result = parse(uri);
        ASSERT_TRUE(result) << uri;
        EXPECT_EQ(result->path, "/dir/sub/a.jpg");
        EXPECT_EQ(result->asked, Asked::adhoc);
        EXPECT_EQ(canonicalText(result->transform), "(w=300,fit=cover)");
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
        EXPECT_EQ(result->asked, Asked::adhoc);
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
        EXPECT_EQ(result->asked, Asked::original);
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

TEST_F(ImagekitUrls, impossiblePathsAreRefused) {
    for (const auto* uri : {"", "/", "dir/", "tr:w-100", "dir/tr:w-100", "tr:w-100/", "a.jpg/tr:",
                            "tr:", "%2e%2e/tr:w-1/a.jpg", "tr:w-1/%2e/a.jpg", "..;x/a.jpg",
                            "a\\b.jpg", "a\nb.jpg", "tr:w-1/tr:h-1", "tr:w-zzz/dir/"}) {
        expectBadUrl(uri);
    }
}

TEST_F(ImagekitUrls, aDoubledSlashStays) {
    EXPECT_EQ(parse("/a.jpg")->path, "//a.jpg");
    EXPECT_EQ(parse("tr:w-1//a.jpg")->path, "//a.jpg");
}

TEST_F(ImagekitUrls, theAliasLeadsToTheFile) {
    EXPECT_EQ(parse("ik-seo/dir/name/anything.jpg")->path, "/dir/name.jpg");
    EXPECT_EQ(parse("ik-seo/name/any.thing.webp")->path, "/name.webp");
    EXPECT_EQ(parse("ik-seo/name/anything.jpg")->asked, Asked::original);

    for (const auto* uri : {"ik-seo/tr:w-100/dir/name/x.jpg", "tr:w-100/ik-seo/dir/name/x.jpg",
                            "ik-seo/dir/tr:w-100/name/x.jpg"}) {
        const auto result = parse(uri);
        ASSERT_TRUE(result) << uri;
        EXPECT_EQ(result->path, "/dir/name.jpg");
        EXPECT_EQ(result->asked, Asked::adhoc);
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
    EXPECT_EQ(result->asked, Asked::original);

    const auto variant = parse("tr:n-preview/a.jpg", "ik-attachment=true&ik-attachment-filename=b");
    ASSERT_TRUE(variant);
    EXPECT_EQ(variant->asked, Asked::publicVariant);
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

// ---- Chains ----

// What unpic sends, after the form decoding that its rows go through in the query.
TEST_F(ImagekitUrls, unpicsUrlsAreRead) {
    const struct {
        const char* query;
        const char* canonical;
    } rows[] = {
        {"tr=w-200%2Cc-maintain_ratio%2Cfo-auto", "(w=200,fit=cover)"},
        {"tr=w-200%2Ch-100%2Cc-maintain_ratio%2Cfo-auto", "(w=200,h=100,fit=cover,keep=attention)"},
        {"tr=h-100%2Cc-maintain_ratio%2Cfo-auto", "(h=100,fit=cover)"},
        {"tr=w-400%2Cf-webp%2Cc-maintain_ratio%2Cfo-auto", "(w=400,fit=cover)format=webp"},
        {"tr=w-400%2Cq-60%2Cc-maintain_ratio%2Cfo-auto", "(w=400,fit=cover)quality=60"},
        {"tr=w-400%2Ch-300%2Cf-auto%2Cq-75%2Cc-maintain_ratio%2Cfo-auto",
         "(w=400,h=300,fit=cover,keep=attention)format=auto,quality=75"},
        {"tr=c-at_max%2Cw-300%2Ch-300%2Cfo-auto", "(w=300,h=300)"},
        {"tr=cm-pad_resize%2Cbg-F3F3F3%2Cw-300%2Ch-300%2Cc-maintain_ratio%2Cfo-auto",
         "(w=300,h=300,fit=pad,background=f3f3f3ff)"},
        {"tr=w-200%2Ch-50%2Cc-maintain_ratio%2Cfo-auto", "(w=200,h=50,fit=cover,keep=attention)"},
        {"tr=c-force%2Cw-200%2Ch-50%2Cq-40%2Cfo-auto", "(w=200,h=50,fit=stretch)quality=40"},
        {"v=3&tr=w-250%2Cc-maintain_ratio%2Cfo-auto", "(w=250,fit=cover)"},
        {"tr=w-251%2Ch-120%2Cc-maintain_ratio%2Cfo-auto", "(w=251,h=120,fit=cover,keep=attention)"},
        {"tr=c-maintain_ratio%2Cfo-auto", ""},
    };
    for (const auto& row : rows) {
        const auto result = parse("photo.jpg", row.query);
        ASSERT_TRUE(result) << row.query << ": " << result.error().detail;
        EXPECT_EQ(result->asked, Asked::adhoc) << row.query;
        EXPECT_EQ(canonicalText(result->transform), row.canonical) << row.query;
    }
}

TEST_F(ImagekitUrls, unpicsOtherUrlsAreRefused) {
    for (const auto& [query, detail] :
         {std::pair{"tr=fo-face%2Cw-64%2Ch-64%2Cc-maintain_ratio", "not \"face\""},
          {"tr=rt-90%2Cw-250%2Cc-maintain_ratio%2Cfo-auto", "option \"rt\" is not supported"},
          {"tr=w-120%2Ch-300%253Art%2Cc-maintain_ratio%2Cfo-auto", "\"h-300%3Art\""}}) {
        expectError(parse("photo.jpg", query), Reason::badOptions, query, detail);
    }
}

TEST_F(ImagekitChains, sidesArePixelsOrFractions) {
    EXPECT_EQ(step("w-1").width, pixels(1));
    EXPECT_EQ(step("w-65535").width, pixels(65535));
    EXPECT_EQ(step("w-0.5,h-.25").width, fraction(0.5));
    EXPECT_EQ(step("w-0.5,h-.25").height, fraction(0.25));
    EXPECT_EQ(step("w-65536,h-9").width, Length{});
    EXPECT_EQ(step("w-99999999999999999999999999,h-9").height, pixels(9));
    EXPECT_EQ(text("w-65536"), "");
    for (const auto* chain : {"w-0", "w-0.0", "w-1.5", "w-1.0", "w--1", "w-N5", "w-100-200",
                              "h-0000", "w-1 ", "w-+5", "w-0.5.5"}) {
        expectBadChain(chain, "must be");
    }
}

TEST_F(ImagekitChains, expressionsAreRefusedByName) {
    for (const auto* chain : {"w-iw_div_2", "h-auto", "dpr-auto", "ar-iar_mul_2,w-1", "x-iw_div_2",
                              "l-image,i-a.png,lx-bw_mul_0.5,l-end"}) {
        expectBadChain(chain, "expressions are not supported");
    }
}

TEST_F(ImagekitChains, modesMeanWhatIsDocumented) {
    const std::pair<const char*, Fit> modes[] = {
        {"c-maintain_ratio", Fit::cover},
        {"c-force", Fit::stretch},
        {"c-at_max", Fit::insideNoEnlarge},
        {"c-at_max_enlarge", Fit::inside},
        {"c-at_least", Fit::outside},
        {"c-maintain_ratio_no_enlarge", Fit::coverNoEnlarge},
        {"cm-pad_resize", Fit::pad},
        {"cm-extract", Fit::extract},
        {"cm-pad_extract", Fit::padExtract},
        {"cm-pad_resize_no_enlarge", Fit::padNoEnlarge},
        {"cm-pad_extract_no_shrink", Fit::padExtract},
        {"cm-extract,c-force", Fit::extract},
        {"c-force,cm-pad_resize", Fit::pad},
        {"q-80", Fit::cover},
    };
    for (const auto& [mode, fit] : modes) {
        EXPECT_EQ(step("w-10,h-10," + std::string(mode)).fit, fit) << mode;
    }
    expectBadChain("w-1,c-crop", "\"c\" must be");
    expectBadChain("w-1,cm-force", "\"cm\" must be");
}

TEST_F(ImagekitChains, placesMeanWhatIsDocumented) {
    const std::pair<const char*, Gravity> places[] = {
        {"center", {}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top_left", {Gravity::Kind::point, 0, 0}},
        {"top_right", {Gravity::Kind::point, 1, 0}},
        {"bottom_left", {Gravity::Kind::point, 0, 1}},
        {"bottom_right", {Gravity::Kind::point, 1, 1}},
        {"auto", {Gravity::Kind::attention}},
    };
    for (const auto& [place, gravity] : places) {
        EXPECT_EQ(step("w-10,h-10,fo-" + std::string(place)).gravity, gravity) << place;
    }
    for (const auto* place : {"face", "custom", "car", "top_center", "Top"}) {
        expectBadChain("w-10,h-10,fo-" + std::string(place), '"' + std::string(place) + '"');
    }
}

TEST_F(ImagekitChains, aRatioNeedsExactlyOneSide) {
    EXPECT_EQ(step("w-10,ar-4-3").aspectRatio, 4.0 / 3);
    EXPECT_EQ(step("h-10,ar-4_3").aspectRatio, 4.0 / 3);
    EXPECT_EQ(step("h-10,ar-1.5").aspectRatio, 1.5);
    EXPECT_EQ(step("w-10,h-10,ar-4-3").aspectRatio, std::nullopt);
    expectBadChain("ar-4-3", "needs \"w\" or \"h\"");
    expectBadChain("w-70000,ar-4-3", "needs \"w\" or \"h\"");
    for (const auto* ratio : {"0", "0-3", "4-0", "4-", "-4", "4-3-2", "4_3_2", "4:3x", "N4",
                              "99999999-1", "1-99999999"}) {
        expectError(parse("a.jpg", "tr=w-10,ar-" + std::string(ratio)), Reason::badOptions, ratio);
    }
}

TEST_F(ImagekitChains, dprMultipliesWithinItsRange) {
    EXPECT_EQ(step("w-100,h-51,dpr-1.5").width, pixels(150));
    EXPECT_EQ(step("w-100,h-51,dpr-1.5").height, pixels(77));
    EXPECT_EQ(step("w-2501,h-10,dpr-2").width, pixels(2501));
    EXPECT_EQ(step("w-2501,h-10,dpr-2").height, pixels(10));
    EXPECT_EQ(step("w-2500,dpr-2").width, pixels(5000));
    EXPECT_EQ(step("w-4,dpr-0.1").width, pixels(4));
    EXPECT_EQ(step("w-0.5,dpr-2").width, fraction(0.5));
    EXPECT_EQ(step("w-6000").width, pixels(6000));
    EXPECT_EQ(text("dpr-2"), "");
    expectBadChain("w-1,dpr-0.09", "\"dpr\" must be");
    expectBadChain("w-1,dpr-5.01", "\"dpr\" must be");
}

TEST_F(ImagekitChains, cornersCountForExtractOnly) {
    EXPECT_EQ(step("w-10,h-10,cm-extract,x-5,y-0").x, 5);
    EXPECT_EQ(step("w-10,h-10,cm-extract,x-5,y-0").y, 0);
    EXPECT_EQ(step("w-10,h-10,x-5,y-N3").x, std::nullopt);
    expectBadChain("w-10,h-10,cm-extract,x-N5", "must not be negative");
    expectBadChain("w-10,h-10,cm-extract,y-N1", "must not be negative");
    for (const auto* value : {"N", "1.5", "65536", "n4", "NN4", "-4"}) {
        expectBadChain("w-10,h-10,x-" + std::string(value), "\"x");
    }
}

TEST_F(ImagekitChains, qualityFormatAndBlurAreRead) {
    const auto result = parseStep("q-100,f-jpg");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->transform.quality, 100);
    EXPECT_EQ(result->transform.format, Format::jpeg);
    EXPECT_EQ(result->transform.metadata, Metadata::none);
    EXPECT_EQ(parseStep("f-auto")->transform.formatChoice, Transform::FormatChoice::automatic);
    EXPECT_EQ(parseStep("f-orig")->transform.formatChoice, Transform::FormatChoice::source);
    EXPECT_EQ(step("bl-1").blur, 1);
    EXPECT_EQ(step("bl-100").blur, 100);
    for (const auto* chain :
         {"q-0", "q-101", "q-1.5", "f-svg", "f-jxl", "f-heic", "f-JPG", "bl-0", "bl-101", "bl-x",
          "bg-blurred", "bg-dominant", "bg-FFF", "orig-false", "orig-1"}) {
        expectBadChain(chain, "must be");
    }
}

TEST_F(ImagekitChains, resultKeysMayStandInAnyStepAndTheLastWins) {
    EXPECT_EQ(text("f-webp,q-10:w-9:f-png"), "(w=9,fit=cover)format=png,quality=10");
    EXPECT_EQ(text("f-png:f-auto"), text("f-auto"));
}

TEST_F(ImagekitChains, paddingIsBlackUnlessNamed) {
    const Colour black{0, 0, 0, 255};
    EXPECT_EQ(step("w-10,h-10,cm-pad_resize").background, black);
    EXPECT_EQ(step("w-10,h-10,cm-pad_extract").background, black);
    EXPECT_EQ(step("w-10,ar-1-1,cm-pad_resize_no_enlarge").background, black);
    EXPECT_EQ(step("w-10,h-10,cm-pad_resize,bg-FF000050").background, (Colour{255, 0, 0, 128}));
    EXPECT_EQ(step("w-10,cm-pad_resize").background, std::nullopt);
    EXPECT_EQ(step("w-10,cm-pad_extract").background, black);
    EXPECT_EQ(step("w-10,h-10").background, std::nullopt);
    EXPECT_EQ(step("bg-red").background, (Colour{255, 0, 0, 255}));
}

TEST_F(ImagekitChains, stepsKeepTheirOrder) {
    EXPECT_EQ(text("w-400,h-300:bl-9:w-10"), "(w=400,h=300,fit=cover)(blur=9)(w=10,fit=cover)");
    EXPECT_NE(text("w-400:h-300"), text("h-300:w-400"));
}

TEST_F(ImagekitChains, orderWithinAStepAndDefaultsChangeNothing) {
    std::vector<std::string> items = {"w-100",     "h-50",  "c-maintain_ratio",
                                      "fo-center", "dpr-1", "q-060",
                                      "f-jpeg",    "bl-5",  "x-3"};
    std::mt19937 random(6);
    for (int i = 0; i < 300; ++i) {
        std::ranges::shuffle(items, random);
        std::string chain;
        for (const std::string& item : items) {
            chain += (chain.empty() ? "" : ",") + item;
        }
        EXPECT_EQ(text(chain), text("w-100,h-50,q-60,f-jpg,bl-5")) << chain;
    }
    EXPECT_EQ(text("w-10,h-10,cm-pad_resize,bg-000000"), text("w-10,h-10,cm-pad_resize"));
    EXPECT_EQ(text("w-10,h-10,bg-FF0000"), text("w-10,h-10,bg-red"));
}

TEST_F(ImagekitChains, malformedOnesAreRefused) {
    for (const auto* chain : {",", ":", "w-1,", ",w-1", "w-1,,h-1", "w-1:", ":w-1", "w-1::h-1"}) {
        expectBadChain(chain, "empty item");
    }
    expectBadChain("w", "option \"w\" needs a value");
    expectBadChain("w-", "option \"w\" needs a value");
    expectBadChain("-5", "unknown option \"\"");
    expectBadChain("foo-5", "unknown option \"foo\"");
    expectBadChain("W-5", "unknown option \"W\"");
    expectBadChain("i-a.png", "unknown option \"i\"");
    expectBadChain("w-1,w-1", "option \"w\" is given twice");
    expectBadChain("f-png,f-png", "option \"f\" is given twice");
    EXPECT_EQ(text("w-1:w-1"), "(w=1,fit=cover)(w=1,fit=cover)");
}

TEST_F(ImagekitChains, whatIsNotSupportedIsSaid) {
    for (const auto* key : {"rt", "r", "fl", "o", "b", "t", "cr", "lo", "pr", "cp", "md", "dn",
                            "pg", "z", "xc", "yc"}) {
        expectBadChain("w-1," + std::string(key) + "-1",
                       "option \"" + std::string(key) + "\" is not supported");
    }
    expectBadChain("e-grayscale", "option \"e-grayscale\" is not supported");
    expectBadChain("e-usm-2-2-0.8-0.024", "option \"e-usm-2-2-0.8-0.024\" is not supported");
    expectBadChain("if-ar_gt_1,w-200,if-else,w-300,if-end", "\"if-ar_gt_1\" is not supported");
    expectBadChain("l-text,i-Hello,l-end", "\"l-text\" is not supported");
    expectBadChain("l-end", "\"l-end\" is not supported");
}

TEST_F(ImagekitChains, stepsAndItemsAreLimited) {
    const auto repeated = [](std::string_view item, int count) {
        std::string chain;
        for (int i = 0; i < count; ++i) {
            chain += chain.empty() ? "" : ":";
            chain += item;
        }
        return chain;
    };
    EXPECT_EQ(parseStep(repeated("w-1", 16))->transform.steps.size(), 16u);
    expectBadChain(repeated("w-1", 17), "more than 16 steps");
    expectBadChain(repeated("dpr-1", 17), "more than 16 steps");
    expectBadChain(repeated("n-large,w-1", 9), "more than 16 steps");
    expectBadChain(repeated("w-1,h-1,q-1,bl-1,f-png", 13), "more than 64 items");
    expectBadChain("w-1" + std::string(100000, ','), "empty item");
}

TEST_F(ImagekitChains, theDefaultImageIsAPath) {
    EXPECT_EQ(parseStep("di-none.png")->transform.defaultImage, "/none.png");
    EXPECT_EQ(parseStep("di-@@a@@b c.png")->transform.defaultImage, "/a/b c.png");
    for (const auto* path : {"@@", "a@@", "..@@a", "a@@..@@b", "%2e%2e@@a", ".", "a\\b", "a\nb"}) {
        expectBadChain("di-" + std::string(path), "\"di\" must be");
    }
}

TEST_F(ImagekitChains, origTrueIsTheOriginalWhateverElseStands) {
    for (const auto* chain : {"orig-true", "orig-true,w-100", "w-100:orig-true",
                              "n-preview,orig-true", "orig-true:n-preview", "di-a.png,orig-true"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result) << chain;
        EXPECT_EQ(result->asked, Asked::original) << chain;
        EXPECT_EQ(result->transform, Transform{});
        EXPECT_EQ(result->variant, "");
    }
    expectBadChain("orig-true,w-zzz", "expressions");
    expectBadChain("orig-true,rt-90", "not supported");
    expectError(parseStep("orig-true,n-nope"), Reason::unknownVariant, "n-nope");
}

// ---- Layers ----

TEST_F(ImagekitLayers, areReadWithTheirPlace) {
    const Step result = step(
        "w-300,l-image,i-dir@@logo.png,w-10,h-0.5,lx-N40,ly-7,lfo-left,l-end,h-200,"
        "l-image,ie-ZGlyL2EgYi5wbmc=,lfo-bottom_right,l-end");
    EXPECT_EQ(result.width, pixels(300));
    EXPECT_EQ(result.height, pixels(200));
    ASSERT_EQ(result.layers.size(), 2u);
    EXPECT_EQ(result.layers[0], (Layer{"/dir/logo.png", pixels(10), fraction(0.5), {}, -40, 7}));
    EXPECT_EQ(result.layers[1],
              (Layer{"/dir/a b.png", {}, {}, {Gravity::Kind::point, 1, 1}, {}, {}}));
}

TEST_F(ImagekitLayers, theEncodedInputWins) {
    EXPECT_EQ(step("l-image,ie-YS5wbmc,i-b.png,l-end").layers.at(0).path, "/a.png");
    EXPECT_EQ(parse("a.jpg", "tr=l-image%2Cie-YS5wbmc%3D%2Cl-end")->transform.steps[0].layers[0],
              step("l-image,i-@@a.png,l-end").layers.at(0));
}

TEST_F(ImagekitLayers, mayStandInEveryStep) {
    EXPECT_EQ(text("w-9,l-image,i-a.png,l-end:l-image,i-b.png,l-end"),
              "(w=9,fit=cover,layer=(path=/a.png))(layer=(path=/b.png))");
}

TEST_F(ImagekitLayers, impossibleOnesAreRefused) {
    expectBadChain("l-image,l-end", "needs \"i\" or \"ie\"");
    expectBadChain("l-image,w-10,l-end", "needs \"i\" or \"ie\"");
    expectBadChain("l-image,i-a.png", "lacks its \"l-end\"");
    expectBadChain("l-image", "lacks its \"l-end\"");
    expectBadChain("l-image,i-a.png,l-end,l-end", "\"l-end\" is not supported");
    expectBadChain("l-image,i-a.png,l-image,i-b.png,l-end,l-end", "\"l-image\" is not supported");
    expectBadChain("l-image,i-a.png:w-10,l-end", "a chain inside a layer");
    expectBadChain("l-image,i-a.png:l-end", "a chain inside a layer");
    expectBadChain("l-image,i-a.png,i-b.png,l-end", "\"i\" is given twice");
    expectBadChain("l-image,i-ik_canvas,l-end", "\"i-ik_canvas\" is not supported");
    expectBadChain("l-image,i-a.png,rt-90,l-end", "\"rt\" is not supported");
    expectBadChain("l-image,i-a.png,n-preview,l-end", "unknown option \"n\"");
    expectBadChain("l-image,i-a.png,lfo-auto,l-end", "\"lfo\" must be");
    expectBadChain("l-image,i-a.png,lx-1.5,l-end", "\"lx\" must be");
    expectBadChain("l-image,i-a.png,,l-end", "empty item");
    expectBadChain("l-image,i-,l-end", "\"i\" needs a value");
    expectBadChain("l-image,ie-!!,l-end", "\"ie\" must be");
}

TEST_F(ImagekitLayers, pathsAreHeldToTheRulesOfPaths) {
    for (const auto* path : {"..@@a.png", "a@@..@@b.png", "%2e%2e@@a", "a@@", "@@", "..;@@a",
                             "a\\b", "a%5cb", "a\x01"}) {
        expectBadChain("l-image,i-" + std::string(path) + ",l-end", "\"i\" must be");
    }
    // "../a.png", "a\0b", "/"
    for (const auto* encoded : {"Li4vYS5wbmc=", "YQBi", "Lw=="}) {
        expectBadChain("l-image,ie-" + std::string(encoded) + ",l-end", "\"ie\" must be");
    }
}

// ---- Names ----

TEST_F(ImagekitNames, aloneAreTheVariant) {
    for (const auto& result : {parse("tr:n-preview/a.jpg"), parse("a.jpg", "tr=n-preview"),
                               parse("tr:n-preview/a.jpg", "v=1")}) {
        ASSERT_TRUE(result);
        EXPECT_EQ(result->path, "/a.jpg");
        EXPECT_EQ(result->asked, Asked::publicVariant);
        EXPECT_EQ(result->variant, "preview");
        EXPECT_EQ(result->transform, variants_.at("preview").transform);
    }
    EXPECT_EQ(parseStep("n-large")->asked, Asked::signedVariant);
    EXPECT_EQ(parseStep("n-large")->transform.metadata, Metadata::keep);
    EXPECT_EQ(parseStep("n-full")->asked, Asked::original);
    EXPECT_EQ(parseStep("n-full")->variant, "full");
}

TEST_F(ImagekitNames, withAnythingBesideThemAreAdhoc) {
    for (const auto* chain :
         {"n-preview,w-100", "w-100,n-preview", "n-preview:w-100", "w-100:n-preview",
          "n-preview:n-large", "n-preview,n-large", "n-preview:n-preview", "n-preview,n-preview",
          "n-preview,dpr-1", "n-preview,c-maintain_ratio", "n-preview:q-42"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result) << chain << ": " << result.error().detail;
        EXPECT_EQ(result->asked, Asked::adhoc) << chain;
        EXPECT_EQ(result->variant, "") << chain;
        EXPECT_EQ(result->transform.watermarks, std::vector<const Watermark*>{&logo_}) << chain;
        EXPECT_EQ(result->transform.metadata, Metadata::none) << chain;
    }
    expectBadChain("n-preview,", "empty item");
    expectBadChain("n-preview:", "empty item");
}

TEST_F(ImagekitNames, bringTheirStepsWhereTheyStand) {
    EXPECT_EQ(text("bl-9:n-large,h-50:bl-8"),
              "(blur=9)(w=2000,blur=3)(h=50,fit=cover)(blur=8)"
              "format=png,default=/none.png,watermark=logo@d1");
}

TEST_F(ImagekitNames, yieldToWhatTheChainNamesItself) {
    for (const auto* chain :
         {"f-webp,q-9,di-x.png,n-large,n-preview", "n-large:n-preview,f-webp,q-9,di-x.png"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->transform.format, Format::webp);
        EXPECT_EQ(result->transform.quality, 9);
        EXPECT_EQ(result->transform.defaultImage, "/x.png");
    }
    const auto both = parseStep("n-large:n-preview");
    EXPECT_EQ(both->transform.format, Format::png);
    EXPECT_EQ(both->transform.quality, 42);
}

TEST_F(ImagekitNames, thatNobodyDefinedAreUnknown) {
    for (const auto* chain :
         {"n-nope", "n-nope,w-100", "w-100:n-nope", "n-Preview", "n-a-b", "n-nope:n-preview"}) {
        expectError(parseStep(chain), Reason::unknownVariant, chain, "unknown variant \"");
    }
    expectBadChain("n-nope,w-zzz", "\"w-zzz\"");
    expectBadChain("n-", "needs a value");
}

TEST_F(ImagekitNames, ofTheOriginalAllowNothingBeside) {
    for (const auto* chain :
         {"n-full,w-100", "w-100:n-full", "n-full:n-preview", "n-preview,n-full"}) {
        expectBadChain(chain, "nothing beside it");
    }
}

TEST_F(ImagekitNames, storedChainsAreReadLikeThoseInUrls) {
    const auto result = parseChain("w-400,h-300:n-large:l-image,i-a.png,l-end", variants_);
    ASSERT_TRUE(result);
    EXPECT_EQ(canonicalText(*result),
              "(w=400,h=300,fit=cover)(w=2000,blur=3)(layer=(path=/a.png))"
              "format=png,default=/none.png,watermark=logo@d1");
    EXPECT_EQ(parseChain("n-preview", variants_)->steps, variants_.at("preview").transform.steps);
    for (const auto* chain : {"", "orig-true", "n-full", "w-100,orig-true"}) {
        const auto refused = parseChain(chain, variants_);
        ASSERT_FALSE(refused) << chain;
        EXPECT_EQ(refused.error().reason, Reason::badOptions) << chain;
    }
    EXPECT_EQ(parseChain("n-nope", variants_).error().reason, Reason::unknownVariant);
}

// ---- Hostile input ----

TEST_F(ImagekitUrls, garbageDoesNoHarm) {
    std::mt19937 random(7);
    const std::string_view alphabet = "/:,-._@=&%0123456789wharN";
    const std::vector<std::string> words = {
        "tr:",       "tr=",       "w-100",     "h-0.5",  "l-image,",   "l-end", "i-a@@b",
        "ie-YQ",     "n-preview", "orig-true", "ar-4-3", "cm-extract", "x-N4",  "ik-seo/",
        "bg-FF0000", "dpr-2",     "di-..@@a",  ":",      ",",          "/",     "if-w_gt_1",
        "fo-auto",   "n-full",    "f-auto",    "%2e%2e"};
    for (int i = 0; i < 100000; ++i) {
        std::string url;
        for (auto count = random() % 14; count > 0; --count) {
            url += random() % 3 != 0
                       ? words[random() % words.size()]
                       : std::string(1, random() % 20 == 0 ? static_cast<char>(random())
                                                           : alphabet[random() % alphabet.size()]);
        }
        const auto half = url.size() / 2;
        const auto result = parse(url.substr(0, half), url.substr(half));
        if (result) {
            EXPECT_EQ(pathMistake(result->path), "") << url;
            EXPECT_LE(result->transform.steps.size(), 16u);
            continue;
        }
        EXPECT_TRUE(std::ranges::all_of(result.error().detail,
                                        [](char c) { return c >= 0x20 && c < 0x7f; }));
        EXPECT_LT(result.error().detail.size(), 300u);
    }
}

}  // namespace
}  // namespace private_image::imagekit
