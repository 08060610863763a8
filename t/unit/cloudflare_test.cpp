// Cloudflare's URLs and option lists.
#include "dialect/cloudflare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "transform/canonical.hpp"

namespace private_image::cloudflare {
namespace {

constexpr Length pixels(double value) {
    return {Length::Unit::pixels, value};
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
        variant.transform.quality = 42;
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
    EXPECT_EQ(thumb->asked, Asked::signedVariant);
    EXPECT_EQ(thumb->variant, "thumb");
    EXPECT_EQ(thumb->transform.quality, 42);

    const auto preview = parse("a/custom id/x.jpg/preview");
    ASSERT_TRUE(preview);
    EXPECT_EQ(preview->path, "/a/custom id/x.jpg");
    EXPECT_EQ(preview->asked, Asked::publicVariant);

    const auto full = parse("a/full");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->asked, Asked::original);
    EXPECT_EQ(full->variant, "full");
    EXPECT_EQ(full->transform, Transform{});
}

TEST_F(CloudflareUrls, aLastSegmentWithEqualsIsAnOptionList) {
    const auto result = parse("dir/a/w=400,sharpen=3");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->path, "/dir/a");
    EXPECT_EQ(result->asked, Asked::adhoc);
    EXPECT_EQ(result->variant, "");
    ASSERT_EQ(result->transform.steps.size(), 1u);
    EXPECT_EQ(result->transform.steps[0].width, pixels(400));
    EXPECT_EQ(result->transform.steps[0].sharpen, 3);
}

TEST_F(CloudflareUrls, unknownVariantsAreNamed) {
    expectRefused("a/nope", Reason::unknownVariant);
    expectRefused("a/Thumb", Reason::unknownVariant);
    expectRefused("a/thumb,preview", Reason::unknownVariant);
    EXPECT_EQ(parse("a/no\npe").error().detail, "unknown variant \"no?pe\"");
}

TEST_F(CloudflareUrls, incompleteOrImpossibleOnesAreRefused) {
    for (const auto* uri :
         {"", "/", "a", "thumb", "a/", "a/b/", "/thumb", "//thumb", "a//thumb", "%2e%2e/thumb",
          "a/%2e%2e/thumb", "a/..;x/thumb", "a\\b/thumb", "a\n/thumb", "w=100", "a/%2e/w=100"}) {
        expectRefused(uri, Reason::badUrl);
    }
}

TEST_F(CloudflareUrls, theQueryIsNoneOfItsBusiness) {
    const auto result = parseRequest({"a/thumb", "w=100&tr=w-3&%"}, variants_);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->asked, Asked::signedVariant);
}

// What unpic's provider `cloudflare_images` sends.
TEST_F(CloudflareUrls, unpicsOptionListsAreRead) {
    const struct {
        const char* options;
        const char* canonical;
    } rows[] = {
        {"w=200,fit=cover", "(w=200,fit=cover)metadata=copyright"},
        {"w=200,h=50,fit=cover", "(w=200,h=50,fit=cover)metadata=copyright"},
        {"sharpen=3,w=200,h=90,fit=cover", "(w=200,h=90,fit=cover,sharpen=3)metadata=copyright"},
        {"w=120,f=jpeg,fit=cover", "(w=120,fit=cover)format=jpeg,metadata=copyright"},
        {"w=100,h=200,fit=cover", "(w=100,h=200,fit=cover)metadata=copyright"},
    };
    for (const auto& row : rows) {
        const auto result = parse("083eb7b2/" + std::string(row.options));
        ASSERT_TRUE(result) << row.options;
        EXPECT_EQ(canonicalText(result->transform), row.canonical);
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

TEST_F(CloudflareUrls, garbageDoesNoHarm) {
    std::mt19937 random(4);
    const std::string_view alphabet = "a/w=h,fit.(%)0123456789g";
    const std::vector<std::string> words = {
        "width=", "fit=pad", "g=0x1",    "dpr=",  "background=rgb(",
        "blur=",  "format=", "quality=", "thumb", "/"};
    for (int i = 0; i < 50000; ++i) {
        std::string uri;
        for (auto count = random() % 12; count > 0; --count) {
            uri += random() % 3 == 0
                       ? words[random() % words.size()]
                       : std::string(1, random() % 20 == 0 ? static_cast<char>(random())
                                                           : alphabet[random() % alphabet.size()]);
        }
        const auto result = parse(uri);
        if (!result) {
            EXPECT_TRUE(std::ranges::all_of(result.error().detail,
                                            [](char c) { return c >= 0x20 && c < 0x7f; }));
            EXPECT_LT(result.error().detail.size(), 300u);
        }
    }
}

class CloudflareOptions : public testing::Test {
protected:
    CloudflareOptions() {
        logo_.name = "logo";
        watermarks_["logo"] = &logo_;
    }

    Result<Transform, ParseError> parse(std::string_view options) const {
        return parseOptions(options, watermarks_);
    }

    Step step(std::string_view options) const {
        const auto result = parse(options);
        EXPECT_TRUE(result) << options << ": " << (result ? "" : result.error().detail);
        return result && result->steps.size() == 1 ? result->steps[0] : Step{};
    }

    std::string text(std::string_view options) const {
        const auto result = parse(options);
        return result ? canonicalText(*result) : result.error().detail;
    }

    void expectRefused(std::string_view options, std::string_view detail) const {
        const auto result = parse(options);
        ASSERT_FALSE(result) << options;
        EXPECT_EQ(result.error().reason, Reason::badOptions);
        EXPECT_NE(result.error().detail.find(detail), std::string::npos)
            << options << ": " << result.error().detail;
    }

    Watermark logo_;
    Watermarks watermarks_;
};

TEST_F(CloudflareOptions, longAndShortNamesMix) {
    const std::string expected =
        "(w=100,h=50,fit=cover,at=0x0.5)format=webp,quality=60,metadata=copyright";
    EXPECT_EQ(text("width=100,height=50,fit=cover,gravity=left,quality=60,format=webp"), expected);
    EXPECT_EQ(text("w=100,h=50,fit=cover,g=left,q=60,f=webp"), expected);
    EXPECT_EQ(text("f=webp,width=100,g=0x0.5,h=050,q=60,fit=cover"), expected);
}

TEST_F(CloudflareOptions, defaultsSpelledOutChangeNothing) {
    const std::string expected = text("w=100,h=50");
    EXPECT_EQ(text("w=100,h=50,fit=scale-down,dpr=1,blur=0,sharpen=0.0,metadata=copyright"),
              expected);
    EXPECT_EQ(text("h=100,w=200,dpr=.5"), expected);
    EXPECT_EQ(text("w=100,h=50,fit=cover,g=0.5x0.5"), text("w=100,h=50,fit=cover"));
    EXPECT_EQ(text("w=100,h=50,fit=pad,background=white"), text("w=100,h=50,fit=pad,g=left"));
    EXPECT_EQ(text("w=9,background=#F00"), text("w=9,background=rgb(255,0,0)"));
    EXPECT_EQ(text("w=9,f=jpg"), text("w=9,f=jpeg"));
    EXPECT_EQ(text("f=webp,fit=cover,g=auto"), text("f=webp"));
}

TEST_F(CloudflareOptions, everyOrderYieldsTheSameText) {
    std::vector<std::string> items = {"w=100",     "height=50", "fit=crop",       "g=0.25x1",
                                      "dpr=2",     "q=60",      "f=avif",         "metadata=keep",
                                      "sharpen=1", "blur=2.5",  "background=red", "watermark=logo"};
    std::mt19937 random(5);
    std::string expected;
    for (int i = 0; i < 500; ++i) {
        std::ranges::shuffle(items, random);
        std::string options;
        for (const std::string& item : items) {
            options += (options.empty() ? "" : ",") + item;
        }
        expected = expected.empty() ? text(options) : expected;
        EXPECT_EQ(text(options), expected) << options;
    }
    EXPECT_EQ(expected,
              "(w=200,h=100,fit=cover-no-enlarge,at=0.25x1,background=ff0000ff,sharpen=1,blur=2.5)"
              "format=avif,quality=60,metadata=keep,watermark=logo@");
}

TEST_F(CloudflareOptions, fitsMeanWhatIsDocumented) {
    const std::pair<const char*, Fit> fits[] = {
        {"scale-down", Fit::insideNoEnlarge},
        {"contain", Fit::inside},
        {"scale-up", Fit::insideNoShrink},
        {"cover", Fit::cover},
        {"crop", Fit::coverNoEnlarge},
        {"aspect-crop", Fit::coverRatio},
        {"squeeze", Fit::stretch},
        {"pad", Fit::pad},
    };
    for (const auto& [name, fit] : fits) {
        EXPECT_EQ(step("w=10,h=10,fit=" + std::string(name)).fit, fit) << name;
    }
    EXPECT_EQ(step("w=10").fit, Fit::insideNoEnlarge);
}

TEST_F(CloudflareOptions, gravitiesMeanWhatIsDocumented) {
    const std::pair<const char*, Gravity> gravities[] = {
        {"left", {Gravity::Kind::point, 0, 0.5}},
        {"right", {Gravity::Kind::point, 1, 0.5}},
        {"top", {Gravity::Kind::point, 0.5, 0}},
        {"bottom", {Gravity::Kind::point, 0.5, 1}},
        {"auto", {Gravity::Kind::attention}},
        {"0x1", {Gravity::Kind::point, 0, 1}},
        {"0.5x0.33", {Gravity::Kind::point, 0.5, 0.33}},
    };
    for (const auto& [name, gravity] : gravities) {
        EXPECT_EQ(step("w=10,h=10,fit=cover,g=" + std::string(name)).gravity, gravity) << name;
    }
}

TEST_F(CloudflareOptions, dprMultipliesTheSides) {
    EXPECT_EQ(step("w=101,h=50,dpr=1.5").width, pixels(152));
    EXPECT_EQ(step("w=101,h=50,dpr=1.5").height, pixels(75));
    EXPECT_EQ(step("w=1,dpr=0.1").width, pixels(1));
    EXPECT_EQ(step("w=13107,dpr=5").width, pixels(65535));
    EXPECT_EQ(text("f=png,dpr=2"), "format=png,metadata=copyright");
    expectRefused("w=65535,dpr=2", "above 65535");
}

TEST_F(CloudflareOptions, paddingIsWhiteUnlessNamed) {
    EXPECT_EQ(step("w=10,h=10,fit=pad").background, (Colour{255, 255, 255, 255}));
    EXPECT_EQ(step("w=10,h=10,fit=pad,background=transparent").background, (Colour{0, 0, 0, 0}));
    EXPECT_EQ(step("w=10,fit=pad").background, std::nullopt);
    EXPECT_EQ(step("w=10,h=10,fit=cover").background, std::nullopt);
}

TEST_F(CloudflareOptions, commasInParenthesesSeparateNothing) {
    EXPECT_EQ(step("background=rgb(1, 2,3),w=10").background, (Colour{1, 2, 3, 255}));
    EXPECT_EQ(step("background=rgba(1,2,3,0.5),w=10").width, pixels(10));
    expectRefused("background=rgb(1,2,3,w=10", "\"background\"");
    expectRefused("background=rgb)(1,2,3),w=10", "\"background\"");
}

TEST_F(CloudflareOptions, formatsAndMetadataAreRead) {
    EXPECT_EQ(parse("f=auto")->formatChoice, Transform::FormatChoice::automatic);
    const std::pair<const char*, Format> formats[] = {
        {"avif", Format::avif}, {"webp", Format::webp}, {"jpeg", Format::jpeg},
        {"jpg", Format::jpeg},  {"png", Format::png},   {"gif", Format::gif},
    };
    for (const auto& [name, format] : formats) {
        const auto result = parse("format=" + std::string(name));
        ASSERT_TRUE(result);
        EXPECT_EQ(result->formatChoice, Transform::FormatChoice::named);
        EXPECT_EQ(result->format, format);
    }
    EXPECT_EQ(parse("w=1")->metadata, Metadata::copyright);
    EXPECT_EQ(parse("metadata=none")->metadata, Metadata::none);
    EXPECT_EQ(parse("metadata=keep")->metadata, Metadata::keep);
}

TEST_F(CloudflareOptions, badValuesAreNamed) {
    for (const auto* item : {"width=0",
                             "width=65536",
                             "width=-1",
                             "width=1.5",
                             "width=auto",
                             "width=1e3",
                             "width= 1",
                             "height=99999999999999999999",
                             "height=+5",
                             "fit=Cover",
                             "fit=fill",
                             "gravity=face",
                             "gravity=center",
                             "gravity=1",
                             "gravity=x",
                             "gravity=1x",
                             "gravity=x1",
                             "gravity=2x0",
                             "gravity=-1x0",
                             "gravity=0x0x0",
                             "gravity=nanx0",
                             "dpr=0",
                             "dpr=5.1",
                             "dpr=-1",
                             "background=%23ff0000",
                             "background=ff0000",
                             "quality=0",
                             "quality=101",
                             "quality=high",
                             "quality=5.5",
                             "format=json",
                             "format=baseline-jpeg",
                             "format=jxl",
                             "format=heic",
                             "metadata=all",
                             "sharpen=10.1",
                             "sharpen=-1",
                             "blur=250.5",
                             "blur=inf"}) {
        const std::string name(item, std::find(item, item + 10, '='));
        expectRefused(item, "option \"" + name + "\" must be");
        expectRefused("q=1,w=1," + std::string(item), "option \"" + name + '"');
    }
}

TEST_F(CloudflareOptions, malformedListsAreRefused) {
    expectRefused("", "empty option");
    expectRefused(",", "empty option");
    expectRefused("w=1,", "empty option");
    expectRefused(",w=1", "empty option");
    expectRefused("w=1,,h=1", "empty option");
    expectRefused("w", "option \"w\" needs a value");
    expectRefused("w=", "option \"w\" needs a value");
    expectRefused("=1", "unknown option \"\"");
    expectRefused("w=1=2", "\"width\" must be");
    expectRefused(" w=1", "unknown option \" w\"");
    expectRefused("W=1", "unknown option \"W\"");
}

TEST_F(CloudflareOptions, theSameOptionTwiceIsRefused) {
    expectRefused("w=1,w=1", "option \"width\" is given twice");
    expectRefused("w=1,width=2", "option \"width\" is given twice");
    expectRefused("format=png,f=png", "option \"format\" is given twice");
    expectRefused("watermark=logo,watermark=logo", "option \"watermark\" is given twice");
}

TEST_F(CloudflareOptions, whatIsNotSupportedIsSaid) {
    for (const auto* name :
         {"trim", "rotate", "flip", "brightness", "contrast", "gamma", "saturation", "anim",
          "compression", "onerror", "segment", "zoom", "face-zoom", "scq",
          "slow-connection-quality", "border", "upscale", "trim.left"}) {
        expectRefused(std::string(name) + "=1",
                      "option \"" + std::string(name) + "\" is not supported");
    }
}

TEST_F(CloudflareOptions, mistakesTellTheOperatorWhatToWrite) {
    expectRefused("wdth=100",
                  "unknown option \"wdth\": write one of width, height, fit, gravity, dpr, "
                  "background, quality, format, metadata, sharpen, blur, watermark");
    expectRefused("watermark=lgo",
                  "unknown watermark \"lgo\": define it with private_image_watermark first");
}

TEST_F(CloudflareOptions, aWatermarkIsFound) {
    const auto result = parse("w=600,watermark=logo");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->watermarks, std::vector<const Watermark*>{&logo_});
}

TEST_F(CloudflareOptions, longListsEndAtTheirFirstMistake) {
    expectRefused("w=1,w=1" + std::string(100000, ','), "twice");
    expectRefused(std::string(100000, '('), "unknown option");
}

}  // namespace
}  // namespace private_image::cloudflare
