// ImageKit's layers: images, text and blocks, where they lie, how they nest.
#include "imagekit_fixture.hpp"

namespace private_image::imagekit {
namespace {

using ImagekitLayers = Imagekit;
using ImagekitTexts = Imagekit;
using ImagekitBlocks = Imagekit;

Expression ofParent(std::string_view text) {
    return formula(text, ExpressionScope::otherLayer);
}

// ---- All ----

TEST_F(ImagekitLayers, areReadWithTheirPlace) {
    const Step result = step(
        "w-300,l-image,i-dir@@logo.png,w-10,h-0.5,lx-N40,ly-7,lfo-left,l-end,h-200,"
        "l-image,ie-ZGlyL2EgYi5wbmc=,lfo-bottom_right,l-end");
    EXPECT_EQ(result.width, pixels(300));
    EXPECT_EQ(result.height, pixels(200));
    ASSERT_EQ(result.layers.size(), 2u);
    const Layer& first = result.layers[0];
    EXPECT_EQ(first.kind, Layer::Kind::image);
    EXPECT_EQ(first.path, "/dir/logo.png");
    EXPECT_EQ(first.x, number(-40));
    EXPECT_EQ(first.y, number(7));
    EXPECT_EQ(first.gravity, Gravity{});
    ASSERT_EQ(first.steps.size(), 1u);
    EXPECT_EQ(first.steps[0].width, pixels(10));
    EXPECT_EQ(first.steps[0].height, fraction(0.5));
    EXPECT_EQ(result.layers[1].path, "/dir/a b.png");
    EXPECT_EQ(result.layers[1].gravity, (Gravity{Gravity::Kind::point, 1, 1}));
}

TEST_F(ImagekitLayers, haveAnAnchorForTheirOffsets) {
    using Anchor = Layer::Anchor;
    const std::pair<const char*, Anchor> anchors[] = {
        {"top_left", Anchor::topLeft},        {"top", Anchor::top},
        {"top_right", Anchor::topRight},      {"left", Anchor::left},
        {"center", Anchor::centre},           {"right", Anchor::right},
        {"bottom_left", Anchor::bottomLeft},  {"bottom", Anchor::bottom},
        {"bottom_right", Anchor::bottomRight}};
    for (const auto& [name, anchor] : anchors) {
        EXPECT_EQ(layer("l-image,i-a,lx-1,ly-1,lap-" + std::string(name)).anchor, anchor) << name;
    }
    const Layer centred = layer("l-image,i-a,lxc-bw_div_2,lyc-N5");
    EXPECT_EQ(centred.anchor, Anchor::centre);
    EXPECT_EQ(centred.x, (Quantity{0, formula("bw_div_2")}));
    EXPECT_EQ(centred.y, number(-5));
    EXPECT_EQ(layer("l-image,i-a,lxc-1,ly-1").anchor, Anchor::top);
    EXPECT_EQ(layer("l-image,i-a,lx-1,lyc-1,lap-top_right").anchor, Anchor::right);
    expectSame("l-image,i-a,lxc-1,lyc-2,l-end", "l-image,i-a,lx-1,ly-2,lap-center,l-end");
    expectSame("l-image,i-a,lap-bottom,l-end", "l-image,i-a,l-end");
    expectSame("l-image,i-a,lx-0,ly-0,lap-top_left,l-end", "l-image,i-a,lx-0,ly-0,l-end");
    expectSame("l-image,i-a,lfo-center,l-end", "l-image,i-a,l-end");
    const Layer far = layer("l-image,i-a,lx-N0,ly-0");
    EXPECT_EQ(far.x, number(0));
    EXPECT_TRUE(far.isAtRight);
    EXPECT_FALSE(far.isAtBottom);
    EXPECT_FALSE(layer("l-image,i-a,lx-N5").isAtRight);
    EXPECT_TRUE(layer("l-text,i-a,lyc-N0").isAtBottom);
    EXPECT_NE(text("l-image,i-a,lx-N0,l-end"), text("l-image,i-a,lx-0,l-end"));
    expectSame("l-image,i-a,lx-N0,ly-N5,l-end", "l-image,i-a,ly-N5,lx-N00,l-end");
    expectBadChain("l-image,i-a,lx-1,lxc-1,l-end", "exclude each other");
    expectBadChain("l-image,i-a,lx-N0,lxc-N0,l-end", "exclude each other");
    expectBadChain("l-image,i-a,ly-1,lyc-1,l-end", "exclude each other");
}

TEST_F(ImagekitLayers, areLaidInAMode) {
    using Mode = Layer::Mode;
    EXPECT_EQ(layer("l-image,i-a").mode, Mode::over);
    EXPECT_EQ(layer("l-image,i-a,lm-multiply").mode, Mode::multiply);
    EXPECT_EQ(layer("l-image,i-a,lm-displace").mode, Mode::displace);
    EXPECT_EQ(layer("l-image,i-a,lm-cutout").mode, Mode::cutout);
    EXPECT_EQ(layer("l-image,i-a,lm-cutter").mode, Mode::cutter);
}

TEST_F(ImagekitLayers, placesHaveTheirBounds) {
    for (const auto* open : {"l-image,i-a,", "l-text,i-a,"}) {
        for (const auto* key : {"lx", "ly", "lxc", "lyc"}) {
            expectBadValues(open, key, {"1.5", "65536", "N", "iw_foo_1", "-1", "x"}, ",l-end");
        }
        for (const auto* key : {"lfo", "lap"}) {
            expectBadValues(open, key, {"auto", "face", "middle", "Top"}, ",l-end");
        }
        expectBadValues(open, "lm", {"normal", "screen"}, ",l-end");
        for (const auto* item :
             {"lx-1", "ly-1", "lxc-1", "lyc-1", "lap-top", "lfo-top", "lm-cutter"}) {
            expectBadChain(open + joined({item, item, "l-end"}), "is given twice");
        }
    }
    expectBadValues("l-text,i-a,", "lx", {"iw_div_2", "cw"}, ",l-end");
}

TEST_F(ImagekitLayers, nestToThreeLevels) {
    const Layer outer = layer("l-image,i-outer.png,l-image,i-inner.png,lfo-top_left,l-end");
    EXPECT_EQ(outer.path, "/outer.png");
    ASSERT_EQ(outer.steps.size(), 1u);
    ASSERT_EQ(outer.steps[0].layers.size(), 1u);
    EXPECT_EQ(outer.steps[0].layers[0].path, "/inner.png");
    EXPECT_EQ(outer.steps[0].layers[0].gravity, (Gravity{Gravity::Kind::point, 0, 0}));

    const auto paths = [this](std::string_view chain) {
        std::vector<std::string> found;
        const Transform read = transform(chain);
        for (const Layer* layer : imageLayers(read)) {
            found.push_back(layer->path);
        }
        return found;
    };
    EXPECT_EQ(paths("l-image,i-a,l-image,i-b,l-image,i-c,l-end,l-end,l-end,l-image,i-d,l-end"),
              (std::vector<std::string>{"/a", "/b", "/c", "/d"}));
    EXPECT_EQ(paths("l-text,i-x,l-image,i-b,l-end,l-end"), std::vector<std::string>{"/b"});
}

TEST_F(ImagekitLayers, mayHoldChains) {
    const Layer chained = layer("l-image,i-a.png,w-100:rt-90,lx-5:bl-7");
    ASSERT_EQ(chained.steps.size(), 3u);
    EXPECT_EQ(chained.steps[0].width, pixels(100));
    EXPECT_EQ(chained.steps[1].rotation, 90);
    EXPECT_EQ(chained.steps[2].effects, std::vector<Effect>{Blur{7}});
    EXPECT_EQ(chained.x, number(5));
    EXPECT_EQ(transform("w-9:l-image,i-a.png,w-5:rt-90,l-end,h-9:bl-5").steps.size(), 3u);
    expectBadChain("l-image,i-a.png,lx-1:rt-90,lx-1,l-end", "is given twice");
    expectBadChain("l-image,i-a.png:i-b.png,l-end", "unknown option \"i\"");
}

TEST_F(ImagekitLayers, arePermittedInEveryStep) {
    const Transform both = transform("w-9,l-image,i-a.png,l-end:l-image,i-b.png,l-end");
    ASSERT_EQ(both.steps.size(), 2u);
    EXPECT_EQ(both.steps[0].layers.at(0).path, "/a.png");
    EXPECT_EQ(both.steps[1].layers.at(0).path, "/b.png");
}

TEST_F(ImagekitLayers, impossibleOnesAreRefused) {
    expectBadChain("l-image,l-end", "needs \"i\" or \"ie\"");
    expectBadChain("l-image,w-10,l-end", "needs \"i\" or \"ie\"");
    expectBadChain("l-text,l-end", "needs \"i\" or \"ie\"");
    expectBadChain("l-image,i-a.png", "lacks its \"l-end\"");
    expectBadChain("l-image", "lacks its \"l-end\"");
    expectBadChain("l-image,i-a.png,l-image,i-b.png,l-end", "lacks its \"l-end\"");
    expectBadChain("l-image,i-a.png,l-end,l-end", "\"l-end\" closes no layer");
    expectBadChain("l-end", "\"l-end\" closes no layer");
    expectBadChain("l-image,i-a.png:l-end", "needs a comma");
    expectBadChain("l-image:i-a.png,l-end", "needs a comma");
    expectBadChain("l-image,i-a.png,i-b.png,l-end", "\"i\" is given twice");
    expectBadChain("l-image,i-a.png,,l-end", "empty item");
    expectBadChain("l-image,i-,l-end", "\"i\" needs a value");
    expectBadChain("l-image,ie-!!,l-end", "\"ie\" must be");
    expectBadChain("l-foo,i-a.png,l-end", "unknown layer \"l-foo\"");
    for (const auto* item : {"f-png", "lo-true", "md-true", "di-b.png", "orig-true", "pr-true"}) {
        const auto key = std::string(item).substr(0, std::string_view(item).find('-'));
        expectBadChain("l-image,i-a.png," + std::string(item) + ",l-end",
                       "option \"" + key + "\" is not permitted in a layer");
    }
}

// ---- Images ----

TEST_F(ImagekitLayers, theEncodedInputWins) {
    EXPECT_EQ(layer("l-image,ie-YS5wbmc,i-b.png").path, "/a.png");
    expectSame("l-image,ie-YS5wbmc=,l-end", "l-image,i-@@a.png,l-end");
    EXPECT_EQ(parse("a.jpg", "tr=l-image%2Cie-YS5wbmc%3D%2Cl-end")->transform,
              transform("l-image,i-@@a.png,l-end"));
    EXPECT_EQ(layer("l-image,i-ik_canvas,ie-YS5wbmc").kind, Layer::Kind::image);
}

TEST_F(ImagekitLayers, imagesHaveTheKeysOfSteps) {
    const Layer image = layer(
        "l-image,i-logo.png,w-bw_mul_0.5,h-40,c-force,b-2_red,bg-blue,o-50,r-5,rt-30,dpr-1,q-5,bl-"
        "3,"
        "pg-1,e-grayscale,e-contrast,e-sharpen,e-usm,e-shadow,e-gradient,t-false");
    ASSERT_EQ(image.steps.size(), 1u);
    const Step& step = image.steps[0];
    EXPECT_EQ(step.width, (Length{Length::Unit::formula, 0, formula("bw_mul_0.5")}));
    EXPECT_EQ(step.fit, Fit::stretch);
    EXPECT_EQ(step.border->width, number(2));
    EXPECT_EQ(step.opacity, 0.5);
    EXPECT_EQ(step.rotation, 30);
    EXPECT_TRUE(step.shadow);
    EXPECT_EQ(step.effects.size(), 6u);
    EXPECT_EQ(layer("l-image,i-a,w-9,h-9,cm-extract,x-1,y-2,t-false").steps.at(0).x, number(1));
    EXPECT_EQ(layer("l-image,i-a,w-9,h-9,cm-pad_resize,fo-left").steps.at(0).fit, Fit::pad);
    expectBadValues("l-image,i-a,", "q", {"0", "101"}, ",l-end");
    EXPECT_EQ(layer("l-image,i-a,pg-3").page, 2u);
    EXPECT_EQ(layer("l-image,i-a,pg-2-4").page, 1u);
    expectSame("l-image,i-a,pg-1,l-end", "l-image,i-a,l-end");
    expectBadValues("l-image,i-a,", "pg", {"0", "2-1", "x", "1-", "65536", "name-a"}, ",l-end");
    expectSame("w-300,h-300,l-image,i-logo.png,w-10,rt-90,l-end",
               "l-image,rt-90,w-10,q-80,i-@@logo.png,l-end,h-300,w-300");
}

TEST_F(ImagekitLayers, imagesAreTrimmedByDefault) {
    EXPECT_EQ(layer("l-image,i-a").steps.at(0).trim, step("t-true").trim);
    EXPECT_EQ(layer("l-image,i-a,t-50").steps.at(0).trim, step("t-50").trim);
    EXPECT_TRUE(layer("l-image,i-a,t-false").steps.empty());
    expectSame("l-image,i-a,t-true,l-end", "l-image,i-a,l-end");
    expectSame("l-image,i-a:w-9,l-end", "l-image,w-9,i-a,l-end");
    EXPECT_EQ(layer("l-image,i-a:t-50").steps.size(), 2u);
    expectBadValues("l-image,i-a,", "t", {"0", "100", "no"}, ",l-end");
}

TEST_F(ImagekitLayers, pathsAreHeldToTheRulesOfPaths) {
    for (const auto* path : {"..@@a.png", "a@@..@@b.png", "%2e%2e@@a", "a@@", "@@", "..;@@a",
                             "a\\b", "a%5cb", "a\x01", "@@@@a", "a@@@@b"}) {
        expectBadChain("l-image,i-" + std::string(path) + ",l-end", "\"i\" must be");
    }
    // "../a.png", "a\0b", "/", "//a"
    for (const auto* encoded : {"Li4vYS5wbmc=", "YQBi", "Lw==", "Ly9h"}) {
        expectBadChain("l-image,ie-" + std::string(encoded) + ",l-end", "\"ie\" must be");
    }
    EXPECT_EQ(layer("l-image,i-a@b@@@c").path, "/a@b/@c");
}

// ---- Text ----

TEST_F(ImagekitTexts, haveCharactersAndTheirSetting) {
    const Layer plain = layer("l-text,i-overlay made easy,co-red,fs-45");
    EXPECT_EQ(plain.kind, Layer::Kind::text);
    EXPECT_EQ(plain.text.characters, "overlay made easy");
    EXPECT_EQ(plain.text.colour, (Colour{255, 0, 0, 255}));
    EXPECT_EQ(plain.text.size, number(45));
    EXPECT_TRUE(plain.steps.empty());

    const Text text = layer(
                          "l-text,ie-SGVsbG8sIHc6eA==,w-bw_mul_0.9,fs-bh_div_10,ff-Open "
                          "Sans,co-00FF0050,ia-right,"
                          "pa-1_2_3_4,tg-b_i_strikethrough,bg-blue,lh-20")
                          .text;
    EXPECT_EQ(text.characters, "Hello, w:x");
    EXPECT_EQ(text.width, (Quantity{0, ofParent("bw_mul_0.9")}));
    EXPECT_EQ(text.size.formula, ofParent("bh_div_10"));
    EXPECT_EQ(text.font, "Open Sans");
    EXPECT_EQ(text.colour.alpha, 128);
    EXPECT_EQ(text.align, Text::Align::right);
    EXPECT_EQ(text.padding, (std::array{number(1), number(2), number(3), number(4)}));
    EXPECT_TRUE(text.bold && text.italic && text.strikethrough);
    EXPECT_EQ(text.background, (Colour{0, 0, 255, 255}));
    EXPECT_EQ(text.lineHeight, number(20));
}

TEST_F(ImagekitTexts, areTurnedWithTheirCorners) {
    const Layer turned = layer("l-text,i-a,r-9,rt-30,fl-h,al-5");
    ASSERT_EQ(turned.steps.size(), 2u);
    EXPECT_TRUE(turned.steps[0].rounding);
    EXPECT_EQ(turned.steps[1].rotation, 30);
    EXPECT_TRUE(turned.steps[1].flipsHorizontally);
    EXPECT_EQ(turned.opacity, 0.5);
    EXPECT_EQ(layer("l-text,i-a,r-9:w-50").steps.size(), 2u);
}

TEST_F(ImagekitTexts, paddingIsThatOfCss) {
    const auto padding = [this](std::string_view value) {
        return layer("l-text,i-a,pa-" + std::string(value)).text.padding;
    };
    EXPECT_EQ(padding("5"), (std::array{number(5), number(5), number(5), number(5)}));
    EXPECT_EQ(padding("5_6"), (std::array{number(5), number(6), number(5), number(6)}));
    EXPECT_EQ(padding("5_6_7"), (std::array{number(5), number(6), number(7), number(6)}));
    const Quantity tenth{0, ofParent("bw_div_10")};
    const Quantity sum{0, ofParent("bw_mul_2_add_bh")};
    EXPECT_EQ(padding("bw_div_10"), (std::array{tenth, tenth, tenth, tenth}));
    EXPECT_EQ(padding("bw_div_10_6"), (std::array{tenth, number(6), tenth, number(6)}));
    EXPECT_EQ(padding("6_bw_mul_2_add_bh_bw_div_10"), (std::array{number(6), sum, tenth, sum}));
    expectBadValues("l-text,i-a,", "pa",
                    {"N1", "1.5", "1_2_3_4_5", "_1", "1_", "1__2", "65536", "bw_div", "div_2",
                     "iw_div_2", "1_div_0_x"},
                    ",l-end");
}

TEST_F(ImagekitTexts, defaultsVanish) {
    expectSame("l-text,i-a,fs-45,ia-center,co-000000,pa-0,r-0,rt-0,lfo-center,l-end",
               "l-text,i-a,l-end");
    expectSame("l-text,pa-7_7,i-a,tg-i_b,l-end", "l-text,ie-YQ==,tg-b_i,pa-7,l-end");
}

TEST_F(ImagekitTexts, charactersAreCutAtTheirLimit) {
    const std::string letter = "\xc3\xa4";
    EXPECT_EQ(layer("l-text,i-" + std::string(3000, 'x')).text.characters, std::string(2000, 'x'));
    EXPECT_EQ(layer("l-text,i-" + repeated(letter, 2001, "")).text.characters,
              repeated(letter, 2000, ""));
    EXPECT_EQ(layer("l-text,i-" + repeated("\xf0\x9f\x98\x80", 9000, "")).text.characters,
              repeated("\xf0\x9f\x98\x80", 2000, ""));
    // "QUJD" is "ABC", "w6TDpMOk" three times U+00E4, "4oKsw6TDpA" cut within a character.
    EXPECT_EQ(layer("l-text,ie-" + repeated("QUJD", 626, "")).text.characters,
              repeated("ABC", 625, ""));
    EXPECT_EQ(layer("l-text,ie-QUJD" + repeated("w6TDpMOk", 400, "")).text.characters.substr(0, 5),
              "ABC" + letter);
    const auto torn = layer("l-text,ie-" + repeated("w6TDpMOk", 400, "")).text.characters;
    EXPECT_EQ(torn, repeated(letter, 937, ""));
}

TEST_F(ImagekitTexts, onlyValidTextIsTaken) {
    EXPECT_EQ(layer("l-text,i-50%_-!@& A.\xe2\x82\xac\xf0\x9f\x98\x80").text.characters,
              "50%_-!@& A.\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(layer("l-text,i-a@@b").text.characters, "a/b");
    EXPECT_EQ(layer("l-text,ie-YQ0KYg==").text.characters, "a\nb");  // "a\r\nb"
    EXPECT_EQ(layer("l-text,i-<b>&amp;").text.characters, "<b>&amp;");
    for (const auto* bad :
         {"a\x01", "a\x7f", "\xc2\x80", "a\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "a\t", "\xe2\x82", "\xf0\x8f\x80\x80"}) {
        expectBadChain("l-text,i-" + std::string(bad) + ",l-end", "\"i\" must be text in UTF-8");
    }
    // "\0", "a\x1b", "\xff", "\xc3"
    for (const auto* bad : {"AA==", "YRs=", "/w==", "ww==", "!!", "Q"}) {
        expectError(parse("a.jpg", "tr=l-text,ie-" + std::string(bad) + ",l-end"),
                    Reason::badOptions, bad, "\"ie\" must be text in base64");
    }
}

TEST_F(ImagekitTexts, fontsAreNames) {
    EXPECT_EQ(layer("l-text,i-a,ff-Courier").text.font, "Courier");
    EXPECT_EQ(layer("l-text,i-a,ff-fonts@@Roboto-Bold.ttf").text.font, "Roboto-Bold");
    expectBadValues("l-text,i-a,", "ff", {"a@@", ".ttf", "a;b", "a<b", "<", std::string(101, 'a')},
                    ",l-end");
}

TEST_F(ImagekitTexts, settingsHaveTheirBounds) {
    const auto expectBad = [this](std::string_view key, const std::vector<std::string>& values) {
        expectBadValues("l-text,i-a,", key, values, ",l-end");
    };
    expectBad("w", {"0", "0.5", "N1", "65536", "auto", "iw_div_2"});
    expectBad("fs", {"0", "16384", "N1", "1.5", "cw", "x"});
    expectBad("co", {"FFF", "nocolour", "FF0000A0"});
    expectBad("ia", {"middle", "centre", "Left"});
    expectBad("al", {"0", "10", "N1", "0.5"});
    expectBad("tg", {"bold", "b_b", "b_", "_i", "b_i_strikethrough_b", "u"});
    expectBad("bg", {"blurred", "dominant", "nocolour"});
    expectBad("r", {"N1", "1_2"});
    expectBad("lh", {"0", "1.5", "65536", "iw"});
    for (const auto* item : {"i-a", "ie-YQ", "w-1", "fs-1", "ff-a", "co-red", "ia-left", "pa-1",
                             "al-1", "tg-b", "bg-red", "r-1", "rt-1", "fl-h", "lh-1"}) {
        const std::string given = std::string_view(item) == "i-a" ? "" : "i-a,";
        expectBadChain("l-text," + given + joined({item, item, "l-end"}), "is given twice");
    }
    for (const auto* item : {"h-1", "e-shadow", "o-5", "t-true", "bl-5", "b-1_red", "x-1"}) {
        expectBadChain("l-text,i-a," + std::string(item) + ",l-end", "unknown option");
    }
}

// ---- Blocks ----

TEST_F(ImagekitBlocks, areColoursOrGradients) {
    const Layer block = layer("l-image,i-ik_canvas,bg-FF0000,w-300,h-100");
    EXPECT_EQ(block.kind, Layer::Kind::block);
    EXPECT_EQ(block.colour, (Colour{255, 0, 0, 255}));
    EXPECT_EQ(block.width, number(300));
    EXPECT_EQ(block.height, number(100));
    EXPECT_EQ(block.path, "");
    EXPECT_TRUE(block.steps.empty());
    expectSame("l-image,w-300,h-100,bg-red,i-ik_canvas,l-end",
               "l-image,i-ik_canvas,bg-FF0000,w-300,h-100,l-end");

    const Layer gradient = layer("l-image,i-ik_canvas,e-gradient-from-red,w-9,h-9,r-max,al-3");
    EXPECT_EQ(gradient.colour.alpha, 0);
    EXPECT_EQ(gradient.opacity, 0.3);
    ASSERT_EQ(gradient.steps.size(), 1u);
    EXPECT_EQ(gradient.steps[0].effects.size(), 1u);
    EXPECT_TRUE(gradient.steps[0].rounding->isMaximal);

    EXPECT_EQ(layer("l-image,i-ik_canvas").colour, (Colour{0, 0, 0, 255}));
    EXPECT_EQ(layer("l-image,i-ik_canvas,w-bw_div_2").width.formula, ofParent("bw_div_2"));
    EXPECT_EQ(layer("l-image,i-ik_canvas,w-0.5").width.formula, ofParent("bw_mul_0.5"));
    EXPECT_EQ(layer("l-image,i-ik_canvas,h-0.5").height.formula, ofParent("bh_mul_0.5"));
    EXPECT_EQ(layer("l-image,i-ik_canvas,lfo-left,lm-multiply").mode, Layer::Mode::multiply);
}

TEST_F(ImagekitBlocks, haveTheirBounds) {
    const auto expectBad = [this](std::string_view key, const std::vector<std::string>& values) {
        expectBadValues("l-image,i-ik_canvas,", key, values, ",l-end");
    };
    expectBad("w", {"0", "1.5", "N1", "65536", "auto", "iw_div_2"});
    expectBad("h", {"0", "x"});
    expectBad("bg", {"blurred", "nocolour"});
    expectBad("al", {"0", "10"});
    expectBad("r", {"N1"});
    expectBad("e-gradient", {"x", "sp-iw_div_2"});
    expectBadChain("l-image,i-ik_canvas,i-ik_canvas,l-end", "is given twice");
    for (const auto* item : {"rt-90", "fl-h", "o-5", "bl-5", "t-true", "e-shadow", "q-5"}) {
        expectBadChain("l-image,i-ik_canvas," + std::string(item) + ",l-end", "unknown option");
    }
}

}  // namespace
}  // namespace private_image::imagekit
