// The keys of an ImageKit chain that affect the whole result, in any step.
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitResults = Imagekit;

TEST_F(ImagekitResults, formatsAreNamed) {
    const std::pair<const char*, Format> formats[] = {
        {"f-jpg", Format::jpeg},  {"f-jpeg", Format::jpeg}, {"f-png", Format::png},
        {"f-webp", Format::webp}, {"f-avif", Format::avif}, {"f-gif", Format::gif}};
    for (const auto& [chain, format] : formats) {
        EXPECT_EQ(transform(chain).format, format) << chain;
        EXPECT_EQ(transform(chain).formatChoice, FormatChoice::named) << chain;
    }
    EXPECT_EQ(transform("f-auto").formatChoice, FormatChoice::automatic);
    EXPECT_EQ(transform("f-orig").formatChoice, FormatChoice::source);
    EXPECT_EQ(transform("q-5").formatChoice, FormatChoice::unnamed);
    expectBadValues("", "f", {"svg", "jxl", "json", "heic", "JPG", "mp4", "tiff"});
}

TEST_F(ImagekitResults, theOtherKeysAreRead) {
    EXPECT_EQ(transform("q-1").encoding.quality, 1);
    EXPECT_EQ(transform("q-100").encoding.quality, 100);
    EXPECT_TRUE(transform("lo-true").encoding.lossless);
    EXPECT_EQ(transform("pr-true").encoding.progressive, Progressive::always);
    EXPECT_TRUE(transform("cp-true").encoding.keepsProfile);
    EXPECT_EQ(transform("md-true").metadata, Metadata::keep);
    EXPECT_EQ(transform("dn-1200").encoding.density, 1200);
    EXPECT_EQ(transform("dn-1").encoding.density, 1);
    EXPECT_EQ(text("lo-false,pr-false,cp-false,md-false"), "");
    EXPECT_EQ(transform("lo-false,pr-false,cp-false,md-false"), Transform{});
    expectBadValues("", "q", {"0", "101", "1.5", "high"});
    expectBadValues("", "dn", {"0", "1201", "72.5"});
    for (const auto* key : {"lo", "pr", "cp", "md"}) {
        expectBadValues("", key, {"1", "0", "yes", "True", "TRUE", "truee"});
    }
}

TEST_F(ImagekitResults, dotsMayBeAnExpression) {
    expectSame("dn-100_mul_2", "dn-200");
    expectSame("dn-100_div_3", "dn-33");
    expectSame("dn-1_add_1199", "dn-1200");
    expectSame("w-9,dn-100:dn-100_mul_2", "w-9,dn-200");
    for (const auto* variable : {"iw", "ih", "iar", "cw", "ch", "car"}) {
        const std::string formula = std::string(variable) + "_add_100";
        const Transform requested = transform("w-9,q-50,dn-" + formula);
        EXPECT_EQ(expressionText(requested.steps.at(0).result.densityFormula), formula);
        EXPECT_EQ(requested.encoding.quality, 50);
        EXPECT_EQ(requested.encoding.density, std::nullopt);
    }
    EXPECT_EQ(transform("dn-iw").steps.size(), 1u);
    // A later key must override it, and is stored in its step for that.
    EXPECT_EQ(transform("w-9,dn-iw:w-8,dn-300").steps.at(1).result.density, 300);
    expectBadValues("", "dn",
                    {"600_mul_3", "1_sub_1", "N5_add_5", "1_div_0", "2_pow_9999", "bw", "72.5",
                     "100_mul", "nan", "1e2", "iw_div_0_"});
}

TEST_F(ImagekitResults, pagesCountFromOne) {
    EXPECT_EQ(transform("pg-1").pages, (Pages{0, 1}));
    EXPECT_EQ(transform("pg-3").pages, (Pages{2, 1}));
    EXPECT_EQ(transform("pg-2-4").pages, (Pages{1, 3}));
    expectSame("pg-2_4", "pg-2-4");
    expectBadValues(
        "", "pg", {"0", "4-2", "1-", "-1", "1-2-3", "65536", "1.5", "name-layer", "name-layer 1"});
}

TEST_F(ImagekitResults, arePermittedInAnyStepAndTheLastWins) {
    expectSame("f-webp,q-10:w-9:f-png", "w-9,f-png,q-10");
    expectSame("f-png:f-auto", "f-auto");
    expectSame("md-true:md-false", "md-false");
}

TEST_F(ImagekitResults, theDefaultImageIsAPath) {
    EXPECT_EQ(transform("di-none.png").defaultImage, "/none.png");
    EXPECT_EQ(transform("di-@@a@@b c.png").defaultImage, "/a/b c.png");
    EXPECT_EQ(parse("a.jpg", "tr=di-a%20b.png")->transform.defaultImage, "/a b.png");
    for (const auto* path :
         {"@@", "a@@", "..@@a", "a@@..@@b", "%2e%2e@@a", ".", "a\\b", "a\nb", "@@@@a", "a@@@@b"}) {
        expectBadChain("di-" + std::string(path), "\"di\" must be");
    }
    expectBadChain("di-" + std::string(5000, 'a'), "\"di\" must be");
}

TEST_F(ImagekitResults, origTrueOverridesAllOtherKeys) {
    for (const auto* chain :
         {"orig-true", "orig-true,w-100", "w-100:orig-true", "n-preview,orig-true",
          "orig-true:n-preview", "di-a.png,orig-true", "rt-90,orig-true"}) {
        const auto result = parseStep(chain);
        ASSERT_TRUE(result) << chain;
        EXPECT_EQ(result->requestKind, RequestKind::original) << chain;
        EXPECT_EQ(result->transform, Transform{});
        EXPECT_EQ(result->variant, "");
    }
    expectBadValues("", "orig", {"false", "1", "True"});
    expectBadChain("orig-true,w-zzz", "\"w\" must be");
    expectError(parseStep("orig-true,n-nope"), Reason::unknownVariant, "n-nope");
}

}  // namespace
}  // namespace private_image::imagekit
