// Tests where the ink of a text is; the glyphs depend on the font.
#include "render/steps/text.hpp"
#include "step_checks.hpp"

namespace private_image {
namespace {

using namespace pictures;

class TextStep : public pictures::Test {};

constexpr std::uint64_t plenty = 50'000'000;

Text say(std::string characters) {
    Text text;
    text.characters = std::move(characters);
    return text;
}

Decoded written(const Text& text) {
    const TextResult result = renderText(text, {}, plenty);
    EXPECT_TRUE(result.image) << int(result.problem);
    return pixelsOf(result.image);
}

TextProblem problemOf(const Text& text, std::uint64_t pixels = plenty) {
    const TextResult result = renderText(text, {}, pixels);
    EXPECT_FALSE(result.image);
    return result.problem;
}

// The covered fraction of a rectangle, 0 to 1.
double ink(const Decoded& decoded, int left, int top, int right, int bottom) {
    double sum = 0;
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            sum += decoded.at(x, y).alpha / 255.0;
        }
    }
    return sum / ((right - left) * double(bottom - top));
}

double ink(const Decoded& decoded) {
    return ink(decoded, 0, 0, int(decoded.size.width), int(decoded.size.height));
}

TEST_F(TextStep, IsAsHighAsItsLines) {
    const Decoded one = written(say("Hello"));
    EXPECT_EQ(one.bands, 4);
    EXPECT_EQ(one.size.height, 54u);  // 1.2 * 45
    EXPECT_GT(one.size.width, 80u);
    EXPECT_GT(ink(one), 0.1);
    EXPECT_EQ(written(say("xxx")).size.height, 54u);
    EXPECT_EQ(written(say("gjpqy")).size.height, 54u);
    EXPECT_EQ(written(say("\"'^")).size.height, 54u);
    EXPECT_EQ(written(say("a\nb\nc")).size.height, 162u);
    EXPECT_EQ(written(say("a\n\n")).size.height, 162u);
}

TEST_F(TextStep, HasTheColourAndItsOpacity) {
    Text text = say("\xe2\x96\x88");  // a full block
    text.colour = {10, 200, 30, 128};
    const Decoded out = written(text);
    EXPECT_EQ(out.at(int(out.size.width) / 2, 27), (Colour{10, 200, 30, 128}));
    text.background = Colour{255, 0, 0, 255};
    text.colour.alpha = 255;
    text.padding = {Quantity{5, {}}, Quantity{6, {}}, Quantity{7, {}}, Quantity{8, {}}};
    const Decoded padded = written(text);
    EXPECT_EQ(padded.size, (Size{out.size.width + 14, out.size.height + 12}));
    EXPECT_EQ(padded.at(2, 2), red);
    EXPECT_EQ(padded.at(8 + int(out.size.width) / 2, 5 + 27), (Colour{10, 200, 30, 255}));
    EXPECT_EQ(padded.at(int(padded.size.width) - 3, 20), red);
}

TEST_F(TextStep, WrapsAtItsWidth) {
    Text text = say("one two three four five six");
    text.size = {20, {}};
    const Decoded flat = written(text);
    text.width = Quantity{100, {}};
    const Decoded wrapped = written(text);
    EXPECT_EQ(flat.size.height, 24u);
    EXPECT_EQ(wrapped.size.width, 100u);
    EXPECT_GE(wrapped.size.height, 72u);
    EXPECT_EQ(wrapped.size.height % 24, 0u);
    text.characters = "unbreakablylongword";
    EXPECT_EQ(written(text).size.width, 100u);
    EXPECT_GE(written(text).size.height, 48u);
}

TEST_F(TextStep, AlignsWithinItsWidth) {
    Text text = say("ab");
    text.width = Quantity{300, {}};
    text.align = Text::Align::left;
    const Decoded left = written(text);
    EXPECT_GT(ink(left, 0, 0, 100, 54), 0);
    EXPECT_EQ(ink(left, 100, 0, 300, 54), 0);
    text.align = Text::Align::right;
    EXPECT_EQ(ink(written(text), 0, 0, 200, 54), 0);
    text.align = Text::Align::centre;
    const Decoded centre = written(text);
    EXPECT_EQ(ink(centre, 0, 0, 100, 54), 0);
    EXPECT_GT(ink(centre, 100, 0, 200, 54), 0);
    EXPECT_EQ(ink(centre, 200, 0, 300, 54), 0);
}

TEST_F(TextStep, LineHeightIsAsRequested) {
    Text text = say("a\nb");
    text.lineHeight = Quantity{100, {}};
    const Decoded out = written(text);
    EXPECT_EQ(out.size.height, 200u);
    EXPECT_GT(ink(out, 0, 0, int(out.size.width), 100), 0);
    EXPECT_GT(ink(out, 0, 100, int(out.size.width), 200), 0);
    text.lineHeight = Quantity{20, {}};
    EXPECT_LE(written(text).size.height, 80u);
}

TEST_F(TextStep, StylesChangeTheInk) {
    Text text = say("mmm");
    const double plainInk = ink(written(text)) * written(text).size.width;
    text.bold = true;
    EXPECT_GT(ink(written(text)) * written(text).size.width, plainInk * 1.2);
    text.bold = false;
    text.strikethrough = true;
    EXPECT_GT(ink(written(text)) * written(text).size.width, plainInk * 1.01);
    text.strikethrough = false;
    const Decoded upright = written(say("llll"));
    Text slanted = say("llll");
    slanted.italic = true;
    const Decoded italic = written(slanted);
    EXPECT_TRUE(italic.size != upright.size || psnr(italic, upright) < 40);
}

TEST_F(TextStep, MarkupIsDrawnAsText) {
    const Decoded out = written(say("<b>&lt;i</b>"));
    EXPECT_GT(out.size.width, written(say("<i")).size.width * 2);
    EXPECT_GT(ink(written(say("</span><span foreground=\"red\">x"))), 0);
    EXPECT_GT(ink(written(say("&#60;&bad;"))), 0);
}

TEST_F(TextStep, FontNamesReachNothingButFontconfig) {
    const Decoded usual = written(say("font"));
    for (const char* font : {"/etc/passwd", "../x.ttf", "Sans 300", "Sans @wght=900", "a,b", "",
                             "No Such Family", "\xff\xfe", "Bold Italic", "x\ny"}) {
        Text text = say("font");
        text.font = font;
        EXPECT_EQ(written(text).size.height, usual.size.height) << font;
    }
    Text text = say("font");
    text.font = "/etc/passwd";
    EXPECT_EQ(psnr(written(text), usual), std::numeric_limits<double>::infinity());
    text.font = "DejaVu Sans Mono";
    EXPECT_NE(written(text).size.width, usual.size.width);
}

TEST_F(TextStep, BlankTextIsAnEmptyBox) {
    for (const char* blank : {"", " ", "\n", "\xc2\xa0\xe2\x80\x8b"}) {
        EXPECT_EQ(ink(written(say(blank))), 0) << "'" << blank << "'";
    }
    Text text = say(" ");
    text.width = Quantity{70, {}};
    text.background = red;
    EXPECT_EQ(written(text).size, (Size{70, 54}));
    EXPECT_EQ(written(text).at(5, 5), red);
}

TEST_F(TextStep, InvalidSizesAreRefused) {
    for (double size : {0.0, -5.0, 16384.0, 1e9, 1e300}) {
        Text text = say("x");
        text.size = {size, {}};
        EXPECT_EQ(problemOf(text), TextProblem::badSize) << size;
        text = say("x");
        text.width = Quantity{size, {}};
        EXPECT_EQ(problemOf(text), TextProblem::badSize) << size;
    }
    Text text = say("x");
    text.padding[2] = {-1, {}};
    EXPECT_EQ(problemOf(text), TextProblem::badSize);
    text = say("x");
    text.size.formula.operands = {Operand{Variable::parentWidth}, Operand{{}, 0, Operator::divide}};
    EXPECT_EQ(problemOf(text), TextProblem::badSize);
}

TEST_F(TextStep, TextsThatAreTooLargeAreNotDrawn) {
    const auto begin = std::chrono::steady_clock::now();
    Text text = say(std::string(2000, 'W'));
    text.size = {16383, {}};
    EXPECT_EQ(problemOf(text), TextProblem::tooLarge);
    text = say(std::string(1000, 'W'));
    EXPECT_EQ(problemOf(text), TextProblem::tooLarge);
    text = say("Hello");
    EXPECT_EQ(problemOf(text, 1000), TextProblem::tooLarge);
    text.width = Quantity{1, {}};
    text.size = {16000, {}};
    EXPECT_EQ(problemOf(text), TextProblem::tooLarge);
    EXPECT_EQ(problemOf(say(std::string(1999, '\n') + "x")), TextProblem::tooLarge);
    std::string lines;
    for (int i = 0; i < 199; ++i) {
        lines += "WWWWWWWWW\n";
    }
    text = say(lines + "x");
    text.size = {70, {}};
    EXPECT_EQ(problemOf(text), TextProblem::tooLarge);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(TextStep, HostileTextIsLimited) {
    std::string stack = "o";
    for (int i = 0; i < 900; ++i) {
        stack += "\xcc\x81";  // combining acute accents
    }
    const TextResult stacked = renderText(say(stack), {}, plenty);
    EXPECT_TRUE(!stacked.image || stacked.image.height() <= maxTextSide);
    const TextResult wide = renderText(say("\xef\xb7\xbd\xef\xb7\xbd"), {}, plenty);
    EXPECT_TRUE(!wide.image || wide.image.width() <= maxTextSide);
    EXPECT_EQ(problemOf(say("\xff")), TextProblem::failed);
    EXPECT_EQ(problemOf(say("a\x01z")), TextProblem::failed);
    EXPECT_EQ(problemOf(say(std::string("a\0b", 3))), TextProblem::failed);
    EXPECT_EQ(problemOf(say("tab\t")), TextProblem::failed);
}

}  // namespace
}  // namespace private_image
