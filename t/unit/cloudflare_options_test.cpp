// Cloudflare's option list: the meaning of each option, and that order, spelling and explicit
// defaults do not matter. Values and trims have tests of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "dialect/cloudflare/cloudflare.hpp"
#include "transform/canonical.hpp"

namespace private_image::cloudflare {
namespace {

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

Background filledWith(Colour colour) {
    Background background;
    background.colour = colour;
    return background;
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

    Transform transform(std::string_view options) const {
        const auto result = parse(options);
        EXPECT_TRUE(result) << options << ": " << (result ? "" : result.error().detail);
        return result ? *result : Transform{};
    }

    Step step(std::string_view options) const {
        const Transform whole = transform(options);
        EXPECT_EQ(whole.steps.size(), 1u) << options;
        return whole.steps.size() == 1 ? whole.steps[0] : Step{};
    }

    Effect effect(std::string_view options) const {
        const Step only = step(options);
        EXPECT_EQ(only.effects.size(), 1u) << options;
        return only.effects.size() == 1 ? only.effects[0] : Effect{};
    }

    void expectSame(std::string_view one, std::string_view other) const {
        EXPECT_EQ(transform(one), transform(other)) << one << " and " << other;
        EXPECT_EQ(canonicalText(transform(one)), canonicalText(transform(other)));
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
    const auto* expected = "width=100,height=50,fit=cover,gravity=left,quality=60,format=webp";
    expectSame("w=100,h=50,fit=cover,g=left,q=60,f=webp", expected);
    expectSame("f=webp,width=100,g=0x0.5,h=050,q=60,fit=cover", expected);
    expectSame("scq=50", "slow-connection-quality=50");
    expectSame("gravity=face,zoom=0.5", "face-zoom=1,g=face");
}

TEST_F(CloudflareOptions, defaultsSpelledOutChangeNothing) {
    expectSame("w=100,h=50,fit=scale-down,dpr=1,blur=0,sharpen=0.0,metadata=copyright",
               "w=100,h=50");
    expectSame("w=100,h=50,brightness=1,contrast=1.0,gamma=1,saturation=1", "w=100,h=50");
    expectSame("w=100,h=50,brightness=0,contrast=0,gamma=0", "w=100,h=50");
    expectSame("w=100,h=50,rotate=0,anim=true,upscale=interpolate,trim=0;0;0;0,zoom=0",
               "w=100,h=50");
    expectSame("w=9,rotate=360", "w=9");
    expectSame("h=100,w=200,dpr=.5", "w=100,h=50");
    expectSame("w=100,h=50,fit=cover,g=0.5x0.5", "w=100,h=50,fit=cover");
    expectSame("w=100,h=50,fit=pad,background=white", "w=100,h=50,fit=pad,g=left");
    expectSame("w=9,background=#F00", "w=9,background=rgb(255,0,0)");
    expectSame("w=9,f=jpg", "w=9,f=jpeg");
    expectSame("f=webp,fit=cover,g=auto", "f=webp");
    expectSame("q=50,scq=50", "q=50");
    EXPECT_TRUE(transform("f=auto,fit=cover").steps.empty());
}

TEST_F(CloudflareOptions, theOrderDoesNotMatter) {
    std::vector<std::string> items = {"w=100",
                                      "height=50",
                                      "fit=crop",
                                      "g=0.25x1",
                                      "dpr=2",
                                      "q=60",
                                      "f=png",
                                      "metadata=keep",
                                      "sharpen=1",
                                      "blur=2.5",
                                      "background=red",
                                      "watermark=logo",
                                      "trim=1;2;3;4",
                                      "rotate=90",
                                      "flip=h",
                                      "brightness=2",
                                      "contrast=0.5",
                                      "gamma=2",
                                      "saturation=0",
                                      "scq=30",
                                      "anim=false",
                                      "compression=fast",
                                      "zoom=1",
                                      "onerror=redirect",
                                      "upscale=interpolate"};
    std::mt19937 random(5);
    std::optional<Transform> expected;
    for (int i = 0; i < 500; ++i) {
        std::ranges::shuffle(items, random);
        std::string options;
        for (const std::string& item : items) {
            options += (options.empty() ? "" : ",") + item;
        }
        const Transform read = transform(options);
        expected = expected ? expected : read;
        EXPECT_EQ(read, expected) << options;
    }
    ASSERT_EQ(expected->steps.size(), 1u);
    const Step& only = expected->steps[0];
    EXPECT_EQ(only.width, pixels(200));
    EXPECT_EQ(only.trim.left, pixels(8));
    EXPECT_EQ(only.effects, (std::vector<Effect>{Levels{2, 0.5, 2, 0}, Sharpen{1}, Blur{2.5}}));
}

// The documented examples that do not depend on an image.
TEST_F(CloudflareOptions, documentedExamplesAreParsed) {
    EXPECT_EQ(step("w=500,h=500,fit=cover,g=0x0").gravity, (Gravity{Gravity::Kind::point, 0, 0}));
    EXPECT_EQ(step("w=1296,h=1296,fit=crop").fit, Fit::coverNoEnlarge);
    EXPECT_EQ(step("w=1920,h=1120,fit=aspect-crop").height, pixels(1120));
    EXPECT_EQ(step("w=1080,h=540,fit=squeeze").fit, Fit::stretch);
    EXPECT_EQ(step("w=1080,h=1080,fit=pad,background=%23ff0000").background,
              filledWith({255, 0, 0, 255}));
    EXPECT_EQ(step("rotate=90,w=100").quarterTurns, 1);
    EXPECT_EQ(step("trim=20;30;20;0,w=100").trim.right, pixels(30));
}

TEST_F(CloudflareOptions, dprMultipliesTheSides) {
    EXPECT_EQ(step("w=101,h=50,dpr=1.5").width, pixels(152));
    EXPECT_EQ(step("w=101,h=50,dpr=1.5").height, pixels(75));
    EXPECT_EQ(step("w=1,dpr=0.1").width, pixels(1));
    EXPECT_EQ(step("w=13107,dpr=5").width, pixels(65535));
    EXPECT_EQ(step("w=13107,dpr=5").density, 1);
    expectSame("f=png,dpr=2", "f=png");
    expectRefused("w=65535,dpr=2", "above 65535");
    expectRefused("h=65535,dpr=1.1", "above 65535");
}

TEST_F(CloudflareOptions, anAutomaticWidthDependsOnClientHints) {
    EXPECT_EQ(step("w=auto").width, (Length{Length::Unit::automatic, 0, {}}));
    EXPECT_EQ(step("width=auto,h=50,dpr=2").height, pixels(100));
    EXPECT_EQ(step("width=auto,h=50,dpr=2").density, 2);
    expectRefused("h=auto", "option \"height\" must be");
}

TEST_F(CloudflareOptions, anAutomaticWidthHasWidthsToChooseFrom) {
    EXPECT_EQ(step("w=auto,wbreakpoints=960;320;320").automaticWidths,
              (AutomaticWidths{{320, 960}, 0, 0}));
    EXPECT_EQ(step("wdesktop=1000,wmobile=640,w=auto").automaticWidths,
              (AutomaticWidths{{}, 640, 1000}));
    expectSame("w=auto,wbreakpoints=320;768;960;1200,wdesktop=1200", "w=auto");
    expectSame("w=100,wbreakpoints=320;768,wmobile=640,wdesktop=1000", "w=100");
    for (const auto* options :
         {"w=auto,wbreakpoints=", "w=auto,wbreakpoints=0", "w=auto,wbreakpoints=320;",
          "w=auto,wbreakpoints=;320", "w=auto,wbreakpoints=320;;768", "w=auto,wbreakpoints=65536",
          "w=auto,wbreakpoints=1e3", "w=auto,wbreakpoints=nan", "w=auto,wbreakpoints=320:768",
          "w=auto,wmobile=0", "w=auto,wmobile=auto", "w=auto,wdesktop=-1", "w=auto,wtablet=960",
          "w=auto,wmobile=640,wmobile=640"}) {
        expectRefused(options, "");
    }
    std::string many = "w=auto,wbreakpoints=1";
    for (std::size_t i = 1; i < maxBreakpoints; ++i) {
        many += ';' + std::to_string(i + 1);
    }
    EXPECT_EQ(step(many).automaticWidths.breakpoints.size(), maxBreakpoints);
    expectRefused(many + ";99", "wbreakpoints");
}

TEST_F(CloudflareOptions, paddingIsWhiteByDefault) {
    EXPECT_EQ(step("w=10,h=10,fit=pad").background, filledWith({255, 255, 255, 255}));
    EXPECT_EQ(step("w=10,h=10,fit=pad,background=transparent").background,
              filledWith({0, 0, 0, 0}));
    EXPECT_EQ(step("w=10,fit=pad").background, std::nullopt);
    EXPECT_EQ(step("w=10,h=10,fit=cover").background, std::nullopt);
}

TEST_F(CloudflareOptions, commasInParenthesesDoNotSeparateOptions) {
    EXPECT_EQ(step("background=rgb(1, 2,3),w=10").background, filledWith({1, 2, 3, 255}));
    EXPECT_EQ(step("background=rgba(1,2,3,0.5),w=10").width, pixels(10));
    expectRefused("background=rgb(1,2,3,w=10", "\"background\"");
    expectRefused("background=rgb)(1,2,3),w=10", "\"background\"");
}

// Options in a configuration are not decoded by NGINX, unlike those in a URL.
TEST_F(CloudflareOptions, valuesOfAVariantAreDecodedOnce) {
    expectSame("w=9,background=%23ff0000", "w=9,background=#ff0000");
    expectSame("background=rgb(100%25%2C0%25%2C0%25)", "background=rgb(255,0,0)");
    expectSame("background=rgb(100%,0%,0%)", "background=rgb(255,0,0)");
    expectSame("trim=20%3B30%3b20%3B0", "trim=20;30;20;0");
    expectRefused("background=%2523ff0000", "\"background\"");
}

TEST_F(CloudflareOptions, turnsAndFlipsAreRead) {
    EXPECT_EQ(step("rotate=90").quarterTurns, 1);
    EXPECT_EQ(step("rotate=180").quarterTurns, 2);
    EXPECT_EQ(step("rotate=270").quarterTurns, 3);
    EXPECT_TRUE(step("flip=h").flipsHorizontally);
    EXPECT_FALSE(step("flip=h").flipsVertically);
    EXPECT_TRUE(step("flip=v").flipsVertically);
    EXPECT_FALSE(step("flip=v").flipsHorizontally);
    expectSame("flip=hv", "rotate=180");
    EXPECT_TRUE(transform("flip=hv,rotate=180").steps.empty());
}

TEST_F(CloudflareOptions, effectsAreRead) {
    EXPECT_EQ(effect("blur=250"), Effect(Blur{250}));
    EXPECT_EQ(effect("blur=0.5"), Effect(Blur{0.5}));
    EXPECT_EQ(effect("sharpen=10"), Effect(Sharpen{10}));
    EXPECT_EQ(effect("brightness=0.5"), Effect(Levels{0.5, 1, 1, 1}));
    EXPECT_EQ(effect("contrast=2"), Effect(Levels{1, 2, 1, 1}));
    EXPECT_EQ(effect("gamma=0.01"), Effect(Levels{1, 1, 0.01, 1}));
    EXPECT_EQ(effect("gamma=2"), Effect(Levels{1, 1, 2, 1}));
    EXPECT_EQ(effect("saturation=0"), Effect(Levels{1, 1, 1, 0}));
    EXPECT_EQ(effect("saturation=100"), Effect(Levels{1, 1, 1, 100}));
}

TEST_F(CloudflareOptions, formatsAreRead) {
    EXPECT_EQ(transform("w=1").formatChoice, FormatChoice::unnamed);
    EXPECT_EQ(transform("f=auto").formatChoice, FormatChoice::automatic);
    const std::pair<const char*, Format> formats[] = {
        {"avif", Format::avif}, {"webp", Format::webp},          {"jpeg", Format::jpeg},
        {"jpg", Format::jpeg},  {"baseline-jpeg", Format::jpeg}, {"png", Format::png},
        {"gif", Format::gif},   {"json", Format::json},
    };
    for (const auto& [name, format] : formats) {
        const auto read = transform("format=" + std::string(name));
        EXPECT_EQ(read.formatChoice, FormatChoice::named);
        EXPECT_EQ(read.format, format);
    }
    EXPECT_EQ(transform("f=baseline-jpeg").encoding.progressive, Progressive::never);
    EXPECT_EQ(transform("f=jpeg").encoding.progressive, Progressive::bySize);
}

TEST_F(CloudflareOptions, qualitiesAreRead) {
    EXPECT_EQ(transform("q=high,scq=low").encoding.quality, 90);
    EXPECT_EQ(transform("q=high,scq=low").encoding.slowQuality, 50);
    EXPECT_EQ(transform("w=1").encoding, Encoding{});
}

TEST_F(CloudflareOptions, qualityAffectsFurtherSettingsOfSomeFormats) {
    EXPECT_TRUE(transform("f=webp,q=100").encoding.lossless);
    EXPECT_FALSE(transform("f=webp,q=99").encoding.lossless);
    EXPECT_FALSE(transform("f=webp").encoding.lossless);
    EXPECT_FALSE(transform("f=avif,q=100").encoding.lossless);
    EXPECT_TRUE(transform("f=png,q=80").encoding.palette);
    EXPECT_TRUE(transform("f=auto,q=80").encoding.palette);
    EXPECT_TRUE(transform("q=80").encoding.palette);
    EXPECT_FALSE(transform("f=png").encoding.palette);
    EXPECT_FALSE(transform("f=png,scq=80").encoding.palette);
    EXPECT_FALSE(transform("f=jpeg,q=80").encoding.palette);
}

TEST_F(CloudflareOptions, optionsOfTheResultAreParsed) {
    EXPECT_EQ(transform("w=1").metadata, Metadata::copyright);
    EXPECT_EQ(transform("metadata=none").metadata, Metadata::none);
    EXPECT_EQ(transform("metadata=keep").metadata, Metadata::keep);
    EXPECT_TRUE(transform("anim=false").isStill);
    EXPECT_FALSE(transform("anim=true").isStill);
    EXPECT_TRUE(transform("compression=fast").encoding.isFast);
    EXPECT_FALSE(transform("w=1,onerror=redirect").redirectsOnError);  // a variant has no source
}

TEST_F(CloudflareOptions, errorsNameInvalidValues) {
    for (const auto* item : {"width=0",
                             "width=65536",
                             "width=-1",
                             "width=1.5",
                             "width=Auto",
                             "width=1e3",
                             "width= 1",
                             "height=0",
                             "height=99999999999999999999",
                             "height=+5",
                             "fit=Cover",
                             "fit=fill",
                             "fit=",
                             "gravity=center",
                             "gravity=1",
                             "gravity=x",
                             "gravity=1x",
                             "gravity=x1",
                             "gravity=2x0",
                             "gravity=-1x0",
                             "gravity=0x0x0",
                             "gravity=nanx0",
                             "zoom=1.1",
                             "zoom=-1",
                             "zoom=in",
                             "dpr=0",
                             "dpr=5.1",
                             "dpr=-1",
                             "dpr=auto",
                             "background=ff0000",
                             "background=nope",
                             "quality=0",
                             "quality=101",
                             "quality=High",
                             "quality=medium",
                             "quality=5.5",
                             "slow-connection-quality=0",
                             "slow-connection-quality=best",
                             "format=heic",
                             "format=jxl",
                             "format=source",
                             "format=JSON",
                             "metadata=all",
                             "sharpen=10.1",
                             "sharpen=-1",
                             "blur=250.5",
                             "blur=inf",
                             "rotate=45",
                             "rotate=-90",
                             "rotate=090",
                             "rotate=450",
                             "rotate=auto",
                             "flip=vh",
                             "flip=hh",
                             "flip=true",
                             "brightness=-1",
                             "brightness=100.1",
                             "contrast=x",
                             "contrast=1e1",
                             "gamma=0.009",
                             "gamma=101",
                             "gamma=-2",
                             "saturation=-0.1",
                             "saturation=nan",
                             "anim=0",
                             "anim=no",
                             "compression=slow",
                             "onerror=404",
                             "onerror=https://evil.example/",
                             "upscale=generate",
                             "upscale=true"}) {
        const std::string name(item, std::find(item, item + 30, '='));
        if (std::string_view(item).ends_with('=')) {
            expectRefused(item, "option \"" + name + "\" needs a value");
            continue;
        }
        expectRefused(item, "option \"" + name + "\" must be");
        expectRefused("metadata=none,anim=true," + std::string(item), "option \"" + name + '"');
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
    for (const auto* item : {"width=1",
                             "height=1",
                             "dpr=1",
                             "fit=pad",
                             "gravity=auto",
                             "zoom=0",
                             "trim=border",
                             "trim.left=1",
                             "trim.top=1",
                             "trim.width=1",
                             "trim.height=1",
                             "trim.border.color=red",
                             "trim.border.tolerance=1",
                             "trim.border.keep=1",
                             "rotate=90",
                             "flip=h",
                             "background=red",
                             "blur=1",
                             "sharpen=1",
                             "brightness=1",
                             "contrast=1",
                             "gamma=1",
                             "saturation=1",
                             "quality=1",
                             "slow-connection-quality=1",
                             "format=png",
                             "metadata=none",
                             "anim=true",
                             "compression=fast",
                             "onerror=redirect",
                             "upscale=interpolate",
                             "watermark=logo"}) {
        const std::string name(item, std::find(item, item + 30, '='));
        expectRefused(std::string(item) + ',' + item, "option \"" + name + "\" is given twice");
    }
    expectRefused("w=1,width=2", "option \"width\" is given twice");
    expectRefused("format=png,f=png", "option \"format\" is given twice");
    expectRefused("zoom=0,face-zoom=0", "option \"zoom\" is given twice");
    expectRefused("scq=1,slow-connection-quality=1",
                  "option \"slow-connection-quality\" is given twice");
}

TEST_F(CloudflareOptions, unsupportedOptionsAreNamed) {
    expectRefused("segment=foreground", "option \"segment\" is not supported");
    expectRefused("border=1", "option \"border\" is not available in URLs");
    expectRefused("border.color=red", "option \"border.color\" is not available in URLs");
}

TEST_F(CloudflareOptions, errorsContainAdvice) {
    expectRefused("wdth=100", "unknown option \"wdth\": write one of width, height, dpr, fit, ");
    expectRefused("wdth=100", ", upscale, watermark");
    expectRefused("watermark=lgo",
                  "unknown watermark \"lgo\": define it with private_image_watermark first");
}

TEST_F(CloudflareOptions, aWatermarkIsFound) {
    EXPECT_EQ(transform("w=600,watermark=logo").watermarks, std::vector<const Watermark*>{&logo_});
}

TEST_F(CloudflareOptions, parsingEndsAtTheFirstError) {
    expectRefused("w=1,w=1" + std::string(100000, ','), "twice");
    expectRefused(std::string(100000, '('), "unknown option");
    expectRefused("trim=" + std::string(100000, ';'), "\"trim\" must be");
    expectRefused("w=" + std::string(100000, '0') + "x", "\"width\" must be");
    expectRefused("background=" + std::string(100000, '%'), "\"background\" must be");
}

}  // namespace
}  // namespace private_image::cloudflare
