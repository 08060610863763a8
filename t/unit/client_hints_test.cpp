// Client hints resolve automatic widths, densities and qualities of a transform.
#include "transform/client_hints.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace private_image {
namespace {

using Names = std::vector<std::string_view>;

constexpr Length automatic{Length::Unit::automatic, 0, {}};

Length pixels(double value) {
    return {Length::Unit::pixels, value, {}};
}

Transform withStep(Length width, Length height = {}) {
    Transform transform;
    transform.steps.resize(1);
    transform.steps[0].width = width;
    transform.steps[0].height = height;
    transform.steps[0].fit = Fit::cover;
    return transform;
}

// The width that replaces `auto`; 0: none, as without the option.
double resolvedWidth(const ClientHints& hints, HintStyle style) {
    Transform transform = withStep(automatic);
    applyClientHints(transform, hints, style);
    EXPECT_FALSE(needsClientHints(transform));
    return transform.steps.empty() ? 0 : transform.steps[0].width.value;
}

double imagekitWidth(std::string_view width) {
    return resolvedWidth({.width = width}, HintStyle::imagekit);
}

TEST(Hints, plainTransformsNeedNoHints) {
    Transform transform = withStep(pixels(100), pixels(50));
    const Transform before = transform;
    EXPECT_FALSE(needsClientHints(transform));
    const HintsUsed used = applyClientHints(
        transform, {.width = "300", .density = "2", .saveData = "on"}, HintStyle::imagekit);
    EXPECT_EQ(transform, before);
    EXPECT_TRUE(used.vary.empty());
    EXPECT_FALSE(used.layoutWidth);
}

TEST(Hints, areNeededByEveryPart) {
    EXPECT_TRUE(needsClientHints(withStep(automatic)));
    EXPECT_TRUE(needsClientHints(withStep({}, automatic)));
    Transform nested;
    nested.steps.resize(1);
    nested.steps[0].layers.resize(1);
    nested.steps[0].layers[0].steps = withStep(automatic).steps;
    EXPECT_TRUE(needsClientHints(nested));
    Transform choice;
    choice.steps.resize(1);
    choice.steps[0].otherwise = withStep(automatic).steps;
    EXPECT_TRUE(needsClientHints(choice));
    Transform density = withStep({});
    density.steps[0].hasAutomaticDensity = true;
    EXPECT_TRUE(needsClientHints(density));
    Transform quality;
    quality.encoding.slowQuality = 30;
    EXPECT_TRUE(needsClientHints(quality));
}

TEST(Cloudflare, widthsMayBeGivenForHintsAndDevices) {
    const std::string_view phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile";
    const std::string_view tablet = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Mobile";
    const std::string_view desktop = "Mozilla/5.0 (X11; Linux x86_64)";
    const auto width = [](AutomaticWidths widths, const ClientHints& hints) {
        Transform transform = withStep(automatic);
        transform.steps[0].automaticWidths = std::move(widths);
        const HintsUsed used = applyClientHints(transform, hints, HintStyle::cloudflare);
        EXPECT_EQ(used.vary, (Names{"Sec-CH-Width", "Width", "Sec-CH-Viewport-Width",
                                    "Viewport-Width", "User-Agent"}));
        EXPECT_EQ(transform.steps[0].automaticWidths, AutomaticWidths{});
        return transform.steps[0].width.value;
    };
    const AutomaticWidths breakpoints{{320, 960, 1920}, 0, 0};
    EXPECT_EQ(width(breakpoints, {.width = "1500"}), 1920);
    EXPECT_EQ(width(breakpoints, {.width = "5000"}), 1920);
    EXPECT_EQ(width(breakpoints, {.width = "320"}), 320);
    EXPECT_EQ(width(breakpoints, {.viewportWidth = "768"}), 960);
    EXPECT_EQ(width(breakpoints, {.userAgent = desktop}), 1200);
    const AutomaticWidths devices{{}, 640, 1000};
    EXPECT_EQ(width(devices, {.userAgent = phone}), 640);
    EXPECT_EQ(width(devices, {.userAgent = tablet}), 640);
    EXPECT_EQ(width(devices, {.userAgent = desktop}), 1000);
    EXPECT_EQ(width(devices, {.width = "700", .userAgent = phone}), 768);
    EXPECT_EQ(width({{}, 640, 0}, {.userAgent = desktop}), 1200);
    EXPECT_EQ(width({{}, 0, 1000}, {.userAgent = phone}), 768);
    EXPECT_EQ(width({{}, 0, 1000}, {.userAgent = tablet}), 960);
    const AutomaticWidths all{{100, 200}, 300, 400};
    EXPECT_EQ(width(all, {.width = "150", .userAgent = phone}), 200);
    EXPECT_EQ(width(all, {.width = "0", .userAgent = phone}), 300);
    EXPECT_EQ(width(all, {.userAgent = desktop}), 400);
}

TEST(Imagekit, widthIsRoundedUpToTheNextHundred) {
    EXPECT_EQ(imagekitWidth("212"), 300);
    EXPECT_EQ(imagekitWidth("300"), 300);
    EXPECT_EQ(imagekitWidth("301"), 400);
    EXPECT_EQ(imagekitWidth("1"), 100);
    EXPECT_EQ(imagekitWidth(" 212\t"), 300);
    EXPECT_EQ(imagekitWidth("65535"), 65535);
}

TEST(Imagekit, anInvalidWidthIsIgnored) {
    for (const auto* width : {"", " ", "0", "-5", "65536", "99999999999999999999", "1e3", "212.5",
                              "212, 300", "0x40", "abc", "2 12"}) {
        EXPECT_EQ(imagekitWidth(width), 0) << width;
    }
}

TEST(Imagekit, contentDensityIsOfTheLayout) {
    Transform transform = withStep(automatic);
    const HintsUsed used =
        applyClientHints(transform, {.width = "212", .density = "2"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].width, pixels(300));
    ASSERT_TRUE(used.layoutWidth);
    EXPECT_NEAR(300 / *used.layoutWidth, 2.83, 0.005);
    EXPECT_EQ(used.vary, (Names{"Sec-CH-Width", "Width", "Sec-CH-DPR", "DPR"}));
}

TEST(Imagekit, varyDoesNotDependOnTheSentHints) {
    Transform transform = withStep(automatic);
    const HintsUsed used = applyClientHints(transform, {}, HintStyle::imagekit);
    EXPECT_EQ(used.vary, (Names{"Sec-CH-Width", "Width", "Sec-CH-DPR", "DPR"}));
    EXPECT_FALSE(used.layoutWidth);
    EXPECT_TRUE(transform.steps.empty());
}

TEST(Imagekit, densityMultipliesKnownSides) {
    Transform transform = withStep(pixels(200), pixels(101));
    transform.steps[0].hasAutomaticDensity = true;
    const HintsUsed used = applyClientHints(transform, {.density = "1.5"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].width, pixels(300));
    EXPECT_EQ(transform.steps[0].height, pixels(152));
    EXPECT_FALSE(transform.steps[0].hasAutomaticDensity);
    EXPECT_EQ(used.vary, (Names{"Sec-CH-DPR", "DPR"}));
    EXPECT_FALSE(used.layoutWidth);
}

TEST(Imagekit, densityMultipliesFormulasLater) {
    const auto formula = parseExpression("iw_div_2", ExpressionScope::image).value();
    Transform transform = withStep({Length::Unit::formula, 0, formula}, pixels(100));
    transform.steps[0].hasAutomaticDensity = true;
    applyClientHints(transform, {.density = "2"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].density, 2);
    EXPECT_EQ(transform.steps[0].height, pixels(200));
}

TEST(Imagekit, densityIsIgnoredIfASideWouldLeaveTheRange) {
    for (const double width : {2501.0, 4.0}) {
        Transform transform = withStep(pixels(width), pixels(50));
        transform.steps[0].hasAutomaticDensity = true;
        applyClientHints(transform, {.density = width > 100 ? "2" : "0.1"}, HintStyle::imagekit);
        EXPECT_EQ(transform.steps[0].width, pixels(width));
        EXPECT_EQ(transform.steps[0].height, pixels(50));
    }
}

TEST(Imagekit, anInvalidDensityIsOne) {
    for (const auto* density :
         {"", "0", "0.09", "5.01", "-2", "two", "2x", "1e1", "9999999999999"}) {
        Transform transform = withStep(pixels(200));
        transform.steps[0].hasAutomaticDensity = true;
        applyClientHints(transform, {.density = density}, HintStyle::imagekit);
        EXPECT_EQ(transform.steps[0].width, pixels(200)) << density;
    }
    for (const auto* density : {"0.1", "5", " 2 ", "2.625"}) {
        Transform transform = withStep(pixels(200));
        transform.steps[0].hasAutomaticDensity = true;
        applyClientHints(transform, {.density = density}, HintStyle::imagekit);
        EXPECT_NE(transform.steps[0].width, pixels(200)) << density;
    }
}

TEST(Imagekit, densityIsNotAppliedOnTopOfAWidth) {
    Transform transform = withStep(automatic, pixels(100));
    transform.steps[0].hasAutomaticDensity = true;
    transform.steps[0].density = 3;
    applyClientHints(transform, {.width = "212", .density = "2"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].width, pixels(300));
    EXPECT_EQ(transform.steps[0].height, pixels(100));

    Transform withoutWidth = withStep(automatic, pixels(100));
    withoutWidth.steps[0].hasAutomaticDensity = true;
    applyClientHints(withoutWidth, {.density = "2"}, HintStyle::imagekit);
    EXPECT_EQ(withoutWidth.steps[0].width, Length{});
    EXPECT_EQ(withoutWidth.steps[0].height, pixels(200));
}

TEST(Imagekit, everyStepAndLayerIsResolvedByItself) {
    Transform transform;
    transform.steps.resize(1);
    transform.steps[0].condition = Condition{{{{}}}};
    transform.steps[0].then = withStep(automatic).steps;
    transform.steps[0].otherwise = withStep(pixels(10)).steps;
    transform.steps[0].otherwise[0].hasAutomaticDensity = true;
    Layer plain, dense;
    plain.steps = dense.steps = withStep(pixels(10)).steps;
    dense.steps[0].hasAutomaticDensity = true;
    transform.steps[0].otherwise[0].layers = {plain, dense};
    applyClientHints(transform, {.width = "212", .density = "2"}, HintStyle::imagekit);
    const Step& choice = transform.steps[0];
    EXPECT_EQ(choice.then[0].width, pixels(300));
    EXPECT_EQ(choice.otherwise[0].width, pixels(20));
    EXPECT_EQ(choice.otherwise[0].layers[0].steps[0].width, pixels(10));
    EXPECT_EQ(choice.otherwise[0].layers[1].steps[0].width, pixels(20));
}

TEST(Imagekit, aWidthFromTheHintsLeavesOtherStepsTheirDensity) {
    Transform transform = withStep(automatic);
    transform.steps.push_back(withStep(pixels(50)).steps[0]);
    transform.steps[0].hasAutomaticDensity = transform.steps[1].hasAutomaticDensity = true;
    const HintsUsed used =
        applyClientHints(transform, {.width = "212", .density = "2"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].width, pixels(300));
    EXPECT_EQ(transform.steps[1].width, pixels(100));
    EXPECT_EQ(used.vary, (Names{"Sec-CH-Width", "Width", "Sec-CH-DPR", "DPR"}));
}

TEST(Hints, defaultPaddingGoesWithTheSide) {
    for (const bool isAdded : {true, false}) {
        Transform transform = withStep(automatic, pixels(50));
        Step& step = transform.steps[0];
        step.fit = Fit::pad;
        step.background.emplace().isForPadding = isAdded;
        Transform other = transform;
        applyClientHints(transform, {}, HintStyle::imagekit);
        EXPECT_EQ(transform.steps[0].background.has_value(), !isAdded);
        applyClientHints(other, {.width = "100"}, HintStyle::imagekit);
        EXPECT_EQ(other.steps[0].background, Background{});
    }
    Transform blurred = withStep(automatic, pixels(50));
    blurred.steps[0].fit = Fit::pad;
    blurred.steps[0].background.emplace().kind = Background::Kind::blurred;
    applyClientHints(blurred, {}, HintStyle::imagekit);
    EXPECT_FALSE(blurred.steps[0].background);
}

TEST(Hints, theQualityOfABranchIsResolved) {
    for (const bool isSlow : {true, false}) {
        Transform transform;
        transform.steps.resize(1);
        transform.steps[0].condition = Condition{{{{}}}};
        transform.steps[0].then.resize(1);
        transform.steps[0].then[0].result.quality = 80;
        transform.steps[0].then[0].result.slowQuality = 40;
        EXPECT_TRUE(needsClientHints(transform));
        applyClientHints(transform, {.saveData = isSlow ? "on" : ""}, HintStyle::imagekit);
        EXPECT_EQ(transform.steps[0].then[0].result.quality, isSlow ? 40 : 80);
        EXPECT_FALSE(needsClientHints(transform));
    }
}

TEST(Imagekit, theWidthOfALayerIsNotThatOfTheAnswer) {
    Transform transform;
    transform.steps.resize(1);
    transform.steps[0].layers.resize(1);
    transform.steps[0].layers[0].steps = withStep(automatic).steps;
    const HintsUsed used = applyClientHints(transform, {.width = "212"}, HintStyle::imagekit);
    EXPECT_EQ(transform.steps[0].layers[0].steps[0].width, pixels(300));
    EXPECT_FALSE(used.layoutWidth);
}

TEST(Cloudflare, widthIsOneOfFour) {
    const auto byWidth = [](std::string_view width) {
        return resolvedWidth({.width = width}, HintStyle::cloudflare);
    };
    EXPECT_EQ(byWidth("1"), 320);
    EXPECT_EQ(byWidth("320"), 320);
    EXPECT_EQ(byWidth("321"), 768);
    EXPECT_EQ(byWidth("769"), 960);
    EXPECT_EQ(byWidth("961"), 1200);
    EXPECT_EQ(byWidth("65535"), 1200);
    EXPECT_EQ(byWidth("x"), 0);
}

TEST(Cloudflare, viewportAndDeviceAreUsedNext) {
    const auto width = [](const ClientHints& hints) {
        return resolvedWidth(hints, HintStyle::cloudflare);
    };
    EXPECT_EQ(width({.width = "300", .viewportWidth = "1000"}), 320);
    EXPECT_EQ(width({.viewportWidth = "900", .userAgent = "x (iPhone; y)"}), 960);
    EXPECT_EQ(width({.userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS) Mobile/15E"}), 768);
    EXPECT_EQ(width({.userAgent = "Mozilla/5.0 (Linux; Android 14; Pixel) Mobile Safari"}), 768);
    EXPECT_EQ(width({.userAgent = "Mozilla/5.0 (Linux; Android 14; SM-X) Safari"}), 960);
    EXPECT_EQ(width({.userAgent = "Mozilla/5.0 (iPad; CPU OS) Mobile/15E"}), 960);
    EXPECT_EQ(width({.userAgent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}), 1200);
    EXPECT_EQ(width({}), 0);
    EXPECT_EQ(width({.userAgent = " "}), 0);
}

TEST(Cloudflare, anExplicitDensityMultipliesTheWidth) {
    Transform transform = withStep(automatic, pixels(100));
    transform.steps[0].density = 2;
    const HintsUsed used = applyClientHints(transform, {.width = "300"}, HintStyle::cloudflare);
    EXPECT_EQ(transform.steps[0].width, pixels(640));
    EXPECT_EQ(transform.steps[0].height, pixels(100));
    EXPECT_EQ(transform.steps[0].density, 1);
    EXPECT_FALSE(used.layoutWidth);
    EXPECT_EQ(used.vary, (Names{"Sec-CH-Width", "Width", "Sec-CH-Viewport-Width", "Viewport-Width",
                                "User-Agent"}));
}

// The quality that 80, with 40 for slow connections, becomes.
int resolvedQuality(const ClientHints& hints) {
    Transform transform;
    transform.encoding.quality = 80;
    transform.encoding.slowQuality = 40;
    const HintsUsed used = applyClientHints(transform, hints, HintStyle::cloudflare);
    EXPECT_EQ(used.vary, (Names{"RTT", "Save-Data", "ECT", "Downlink"}));
    EXPECT_FALSE(transform.encoding.slowQuality);
    return *transform.encoding.quality;
}

TEST(SlowConnections, getTheQualityForThem) {
    EXPECT_EQ(resolvedQuality({.roundTripTime = "151"}), 40);
    EXPECT_EQ(resolvedQuality({.saveData = "on"}), 40);
    for (const auto* type : {"slow-2g", "2g", "3g", " 3g "}) {
        EXPECT_EQ(resolvedQuality({.effectiveType = type}), 40) << type;
    }
    EXPECT_EQ(resolvedQuality({.downlink = "4.99"}), 40);
    EXPECT_EQ(resolvedQuality({.downlink = "0"}), 40);
}

TEST(SlowConnections, othersKeepTheFullQuality) {
    EXPECT_EQ(resolvedQuality({}), 80);
    EXPECT_EQ(resolvedQuality({.roundTripTime = "150", .effectiveType = "4g", .downlink = "5"}),
              80);
    for (const auto* text : {"off", "1", "-1", "on on", "slow", "inf", "nan", "1e9", "3g,4g"}) {
        EXPECT_EQ(resolvedQuality({.saveData = text, .effectiveType = text}), 80) << text;
    }
    for (const auto* text : {"", "x", "-200", "1e9", "inf", "200ms", "9999999999999"}) {
        EXPECT_EQ(resolvedQuality({.roundTripTime = text}), 80) << text;
    }
    for (const auto* text : {"", "x", "-1", "1e0", ".", "1,5"}) {
        EXPECT_EQ(resolvedQuality({.downlink = text}), 80) << text;
    }
}

TEST(SlowConnections, areNotSentLosslessImages) {
    Transform transform;
    transform.encoding.quality = 100;
    transform.encoding.lossless = true;
    transform.encoding.slowQuality = 40;
    Transform fast = transform;
    applyClientHints(transform, {.saveData = "on"}, HintStyle::cloudflare);
    EXPECT_FALSE(transform.encoding.lossless);
    applyClientHints(fast, {}, HintStyle::cloudflare);
    EXPECT_TRUE(fast.encoding.lossless);
}

TEST(Hints, garbageDoesNotCrash) {
    std::mt19937 random(1);
    const std::string_view alphabet = "0123456789.,-+eE x\t\"on2g;=\xff";
    const auto garbage = [&] {
        std::string text(random() % 16, ' ');
        std::ranges::generate(text, [&] { return alphabet[random() % alphabet.size()]; });
        return text;
    };
    for (int i = 0; i < 20000; ++i) {
        Transform transform = withStep(automatic, pixels(100));
        transform.steps[0].hasAutomaticDensity = true;
        transform.encoding.slowQuality = 40;
        const std::string width = garbage(), density = garbage(), other = garbage();
        applyClientHints(transform, {width, density, width, other, other, other, other, other},
                         i % 2 == 0 ? HintStyle::imagekit : HintStyle::cloudflare);
        ASSERT_FALSE(needsClientHints(transform));
        const Length& resolved = transform.steps[0].width;
        ASSERT_TRUE(resolved == Length{} || (resolved.value >= 1 && resolved.value <= maxSide));
    }
}

}  // namespace
}  // namespace private_image
